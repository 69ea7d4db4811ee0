#include "collector/pipeline/span_counters.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <utility>

#include "collector/pipeline/service_table.h"

namespace pugmark {
namespace {

constexpr std::array<std::string_view, kSamplerTypes> kSamplerNames = {
    "unrecognized", "probabilistic", "lowerbound", "ratelimiting", "const"};
// Labels of SourceFormat and InboundTransport, in the order of their enumerators.
constexpr std::array<std::string_view, 5> kFormatNames = {"unknown", "jaeger", "proto", "otlp",
                                                          "zipkin"};
constexpr std::array<std::string_view, 4> kTransportNames = {"unknown", "grpc", "http", "unknown"};

// The service name that stands for all beyond the bound, as NormalizeServiceLabel has it.
constexpr std::string_view kOtherServices = "other-services";

constexpr std::ptrdiff_t kSearchedTallies = 8;

constexpr unsigned kTransports = kTransportNames.size();
constexpr unsigned kSources = kFormatNames.size() * kTransports;

unsigned SourceOf(const SpanBatch& batch) {
  return static_cast<unsigned>(batch.format) * kTransports + static_cast<unsigned>(batch.transport);
}

// OTLP's flag bits have another meaning.
bool IsDebug(const Span& span) {
  return span.format != SourceFormat::kOtlp && (span.flags & kFlagDebug) != 0;
}

SamplerType SamplerTypeOf(const Span& span) {
  const Attribute* const type = FindAttribute(span.attributes, "sampler.type");
  if (type == nullptr) {
    return SamplerType::kUnrecognized;
  }
  const auto* const found =
      std::find(kSamplerNames.begin(), kSamplerNames.end(), type->value.text());
  return found == kSamplerNames.end() ? SamplerType::kUnrecognized
                                      : static_cast<SamplerType>(found - kSamplerNames.begin());
}

// Calls use(service, tally) for each run of neighbouring spans of one resource.
template <typename Use>
void ForEachRun(const SpanBatch& batch, const Use& use) {
  const std::span<const Span> spans = batch.spans();
  for (std::size_t i = 0; i < spans.size();) {
    const Resource* const resource = spans[i].resource;
    SpanTally tally;
    for (; i < spans.size() && spans[i].resource == resource; ++i) {
      tally.Add(spans[i]);
    }
    use(resource->service_name, tally);
  }
}

// The counters of one service in one role, each made when it is first needed.
class CounterSet {
 public:
  CounterSet(Metrics& metrics, std::string_view verb, std::string_view help, Labels labels)
      : metrics_(metrics),
        spans_name_("jaeger_collector_spans_" + std::string(verb)),
        traces_name_("jaeger_collector_traces_" + std::string(verb)),
        help_(help),
        labels_(std::move(labels)) {}

  void Add(const SpanTally& tally) {
    for (std::size_t debug = 0; debug < 2; ++debug) {
      if (tally.spans[debug] == 0) {
        continue;
      }
      Spans(debug).Increment(tally.spans[debug]);
      for (std::size_t type = 0; type < kSamplerTypes; ++type) {
        if (tally.traces[debug][type] > 0) {
          Traces(debug, type).Increment(tally.traces[debug][type]);
        }
      }
    }
  }

 private:
  using Slot = std::atomic<Metrics::Counter*>;

  Metrics::Counter& Spans(std::size_t debug) {
    return Resolve(spans_[debug], [&] {
      return &metrics_.AddCounter(spans_name_, "spans " + help_, WithDebug(debug));
    });
  }
  Metrics::Counter& Traces(std::size_t debug, std::size_t type) {
    return Resolve(traces_[debug][type], [&] {
      Labels labels = WithDebug(debug);
      labels["sampler_type"] = kSamplerNames[type];
      return &metrics_.AddCounter(traces_name_, "root spans " + help_, labels);
    });
  }
  // Two threads may both make a counter: the same labels give the same one.
  template <typename Make>
  static Metrics::Counter& Resolve(Slot& slot, const Make& make) {
    Metrics::Counter* counter = slot.load(std::memory_order_acquire);
    if (counter == nullptr) {
      counter = make();
      slot.store(counter, std::memory_order_release);
    }
    return *counter;
  }
  [[nodiscard]] Labels WithDebug(std::size_t debug) const {
    Labels labels = labels_;
    labels["debug"] = debug == 0 ? "false" : "true";
    return labels;
  }

  Metrics& metrics_;
  const std::string spans_name_;
  const std::string traces_name_;
  const std::string help_;
  const Labels labels_;
  std::array<Slot, 2> spans_{};
  std::array<std::array<Slot, kSamplerTypes>, 2> traces_{};
};

std::string ServiceLabel(std::string_view service, bool is_shared) {
  return is_shared ? std::string(kOtherServices) : NormalizeServiceLabel(service);
}

Labels SourceLabels(const std::string& label, unsigned source) {
  return {{"svc", label},
          {"format", std::string(kFormatNames[source / kTransports])},
          {"transport", std::string(kTransportNames[source % kTransports])}};
}

Labels ResultLabels(const std::string& label, std::string_view result) {
  return {{"svc", label}, {"result", std::string(result)}};
}

struct ReceivedBySvc {
  ReceivedBySvc(Metrics& metrics, std::string_view name, unsigned source, const std::string& label)
      : service(name),
        variant(source),
        received(metrics, "received_total", "that arrived", SourceLabels(label, source)),
        rejected(metrics, "rejected_total", "that were turned away for good",
                 SourceLabels(label, source)) {}

  const std::string service;
  const unsigned variant;
  CounterSet received;
  CounterSet rejected;
};

}  // namespace

class SpanCounters::SavedBySvc {
 public:
  SavedBySvc(Metrics& metrics, std::string_view name, const std::string& label)
      : service(name),
        ok(metrics, "saved_by_svc_total", "by the outcome of their write",
           ResultLabels(label, "ok")),
        err(metrics, "saved_by_svc_total", "by the outcome of their write",
            ResultLabels(label, "err")) {}

  const std::string service;
  const unsigned variant = 0;
  CounterSet ok;
  CounterSet err;
};

struct SpanCounters::Tables {
  explicit Tables(Metrics& m) : metrics(m) {}

  ReceivedBySvc& Received(std::string_view service, unsigned source) {
    return received.Get(service, source,
                        [this](std::string_view key, unsigned variant, bool is_shared) {
                          return std::make_unique<ReceivedBySvc>(metrics, key, variant,
                                                                 ServiceLabel(key, is_shared));
                        });
  }
  SavedBySvc& Saved(std::string_view service) {
    return saved.Get(service, 0, [this](std::string_view key, unsigned, bool is_shared) {
      return std::make_unique<SavedBySvc>(metrics, key, ServiceLabel(key, is_shared));
    });
  }

  Metrics& metrics;
  ServiceTable<ReceivedBySvc, kSources> received;
  ServiceTable<SavedBySvc, 1> saved;
};

void SpanTally::Add(const Span& span) {
  const std::size_t debug = IsDebug(span) ? 1 : 0;
  ++spans[debug];
  if (span.parent_span_id == 0) {
    ++traces[debug][static_cast<std::size_t>(SamplerTypeOf(span))];
  }
}

void SpanTally::Add(const SpanTally& other) {
  for (std::size_t debug = 0; debug < 2; ++debug) {
    spans[debug] += other.spans[debug];
    for (std::size_t type = 0; type < kSamplerTypes; ++type) {
      traces[debug][type] += other.traces[debug][type];
    }
  }
}

SpanCounters::SpanCounters(Metrics& metrics) : tables_(std::make_unique<Tables>(metrics)) {}
SpanCounters::~SpanCounters() = default;

void SpanCounters::AddReceived(const SpanBatch& batch) {
  const unsigned source = SourceOf(batch);
  ForEachRun(batch, [&](std::string_view service, const SpanTally& tally) {
    tables_->Received(service, source).received.Add(tally);
  });
}

void SpanCounters::AddRejected(const SpanBatch& batch, const Span& span) {
  SpanTally tally;
  tally.Add(span);
  tables_->Received(span.resource->service_name, SourceOf(batch)).rejected.Add(tally);
}

void SpanCounters::AddUnreadable(const SpanBatch& batch, std::uint32_t spans) {
  SpanTally tally;
  tally.spans[0] = spans;
  ReceivedBySvc& counters = tables_->Received("", SourceOf(batch));
  counters.received.Add(tally);
  counters.rejected.Add(tally);
}

SpanCounters::SavedTallies SpanCounters::TallySaved(const SpanBatch& batch) {
  SavedTallies tallies;
  ForEachRun(batch, [&](std::string_view service, const SpanTally& tally) {
    SavedBySvc* const counters = &tables_->Saved(service);
    // The few services of a usual batch are found again; a batch of very many only gets more
    // entries.
    const auto searched =
        tallies.begin() + std::max<std::ptrdiff_t>(0, std::ssize(tallies) - kSearchedTallies);
    const auto found = std::find_if(searched, tallies.end(),
                                    [&](const auto& entry) { return entry.first == counters; });
    if (found == tallies.end()) {
      tallies.emplace_back(counters, tally);
    } else {
      found->second.Add(tally);
    }
  });
  return tallies;
}

void SpanCounters::AddSaved(const SavedTallies& tallies, std::size_t stored) {
  for (const auto& [counters, tally] : tallies) {
    SpanTally ok;
    SpanTally err;
    for (std::size_t debug = 0; debug < 2; ++debug) {
      const auto kept =
          static_cast<std::uint32_t>(std::min<std::size_t>(stored, tally.spans[debug]));
      stored -= kept;
      ok.spans[debug] = kept;
      err.spans[debug] = tally.spans[debug] - kept;
      // Which spans the store kept is not known: traces count as err where any span does.
      SpanTally& traces = err.spans[debug] == 0 ? ok : err;
      std::copy_n(tally.traces[debug], kSamplerTypes, traces.traces[debug]);
    }
    counters->ok.Add(ok);
    counters->err.Add(err);
  }
}

std::size_t SpanCounters::services() const { return tables_->saved.size(); }

}  // namespace pugmark
