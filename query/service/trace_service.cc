#include "query/service/trace_service.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "query/service/adjust/adjusted_source.h"
#include "query/service/size_limited_source.h"

namespace pugmark {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Of the memory of a request, what adjusters may hold of one trace: as much again may be added to
// its spans, and the store and the encoder need some.
constexpr std::size_t kHeldShare = 4;

// Counts one read when its stream ends or is dropped: the time spent in the store and the traces
// that came out of it.
class CountedStream : public TraceStream {
 public:
  CountedStream(std::unique_ptr<TraceStream> inner, ReadMetrics& metrics, ReadOperation operation,
                SteadyClock::duration took)
      : inner_(std::move(inner)), metrics_(metrics), operation_(operation), took_(took) {}
  ~CountedStream() override { metrics_.Record(operation_, ok_, took_, traces_); }

  Result<std::unique_ptr<TraceChunk>> Next() override {
    const auto since = SteadyClock::now();
    auto chunk = inner_->Next();
    took_ += SteadyClock::now() - since;
    if (!chunk.ok()) {
      ok_ = false;
    } else if (*chunk != nullptr && (*chunk)->trace_id() != last_) {
      last_ = (*chunk)->trace_id();
      ++traces_;
    }
    return chunk;
  }

 private:
  std::unique_ptr<TraceStream> inner_;
  ReadMetrics& metrics_;
  const ReadOperation operation_;
  SteadyClock::duration took_;
  std::optional<TraceId> last_;
  std::size_t traces_ = 0;
  bool ok_ = true;
};

// The traces of one stream.
class StreamSource : public TraceSource {
 public:
  explicit StreamSource(std::unique_ptr<TraceStream> stream) : stream_(std::move(stream)) {}

  Result<TracePart> Next() override {
    auto chunk = stream_->Next();
    if (!chunk.ok()) {
      return std::move(chunk).error();
    }
    TracePart part{*std::move(chunk), nullptr, false};
    if (part.chunk != nullptr && last_ != part.chunk->trace_id()) {
      last_ = part.chunk->trace_id();
      part.begins_trace = true;
    }
    return part;
  }
  [[nodiscard]] const std::vector<TraceId>& missing() const override { return missing_; }

 private:
  std::unique_ptr<TraceStream> stream_;
  std::optional<TraceId> last_;
  const std::vector<TraceId> missing_;
};

// Gives back a chunk that was already taken, then the rest.
class ResumedStream : public TraceStream {
 public:
  ResumedStream(std::unique_ptr<TraceChunk> first, std::unique_ptr<TraceStream> rest)
      : first_(std::move(first)), rest_(std::move(rest)) {}

  Result<std::unique_ptr<TraceChunk>> Next() override {
    if (first_ != nullptr) {
      return std::move(first_);
    }
    return rest_->Next();
  }

 private:
  std::unique_ptr<TraceChunk> first_;
  std::unique_ptr<TraceStream> rest_;
};

class EmptySource : public TraceSource {
 public:
  Result<TracePart> Next() override { return TracePart(); }
  [[nodiscard]] const std::vector<TraceId>& missing() const override { return missing_; }

 private:
  const std::vector<TraceId> missing_;
};

// Ranges that hold nothing: Jaeger finds nothing in them, rather than refusing them.
bool AsksForNothing(const TraceQuery& query) {
  return query.start.max < query.start.min || query.duration.max < query.duration.min;
}

template <typename Read>
auto CountedRead(ReadMetrics& metrics, ReadOperation operation, const Read& read) {
  const auto since = SteadyClock::now();
  auto result = read();
  metrics.Record(operation, result.ok(), SteadyClock::now() - since,
                 result.ok() ? result->items.size() : 0);
  return result;
}

template <typename Open>
Result<std::unique_ptr<TraceStream>> CountedOpen(ReadMetrics& metrics, ReadOperation operation,
                                                 const Open& open) {
  const auto since = SteadyClock::now();
  auto stream = open();
  const auto took = SteadyClock::now() - since;
  if (!stream.ok()) {
    metrics.Record(operation, false, took, 0);
    return stream;
  }
  return std::unique_ptr<TraceStream>(
      std::make_unique<CountedStream>(*std::move(stream), metrics, operation, took));
}

}  // namespace

// Looks traces up one after another: so each is known to be there or not, and asking for many holds
// no more than asking for one.
class TraceService::LookupSource : public TraceSource {
 public:
  LookupSource(TraceService& service, RequestContext context, std::vector<TraceLookup> lookups)
      : service_(service), context_(std::move(context)), lookups_(std::move(lookups)) {}

  Result<TracePart> Next() override {
    for (;;) {
      if (stream_ == nullptr) {
        if (next_ == lookups_.size()) {
          return TracePart();
        }
        if (Status opened = Open(); !opened.ok()) {
          return std::move(opened).error();
        }
      }
      auto chunk = stream_->Next();
      if (!chunk.ok()) {
        return std::move(chunk).error();
      }
      if (*chunk != nullptr) {
        return TracePart{*std::move(chunk), nullptr, !std::exchange(found_, true)};
      }
      stream_.reset();
      if (!found_ && !in_archive_ && service_.archive_) {
        in_archive_ = true;
        continue;
      }
      if (!found_) {
        missing_.push_back(lookups_[next_].trace_id);
      }
      in_archive_ = false;
      ++next_;
    }
  }
  [[nodiscard]] const std::vector<TraceId>& missing() const override { return missing_; }

 private:
  Status Open() {
    found_ = false;
    ReadMetrics& metrics = in_archive_ ? *service_.archive_ : service_.primary_;
    auto stream = CountedOpen(metrics, ReadOperation::kGetTrace, [&] {
      TraceReader& reader =
          in_archive_ ? *service_.storage_.archive_reader() : service_.storage_.trace_reader();
      return reader.GetTraces(context_, {lookups_[next_]});
    });
    if (!stream.ok()) {
      return std::move(stream).error();
    }
    stream_ = *std::move(stream);
    return {};
  }

  TraceService& service_;
  const RequestContext context_;
  const std::vector<TraceLookup> lookups_;
  std::size_t next_ = 0;
  bool in_archive_ = false;  // where lookups_[next_] is looked for
  bool found_ = false;
  std::unique_ptr<TraceStream> stream_;
  std::vector<TraceId> missing_;
};

TraceService::TraceService(Storage& storage, Metrics& metrics, TraceServiceOptions options)
    : storage_(storage),
      options_(std::move(options)),
      primary_(metrics, options_.storage_kind, "primary") {
  if (storage.archive_reader() != nullptr) {
    archive_.emplace(metrics, options_.storage_kind, "archive");
  }
}

std::unique_ptr<TraceSource> TraceService::GetTraces(const RequestContext& context,
                                                     std::vector<TraceLookup> lookups) {
  return Limit(std::make_unique<LookupSource>(*this, context, std::move(lookups)));
}

Result<std::unique_ptr<TraceSource>> TraceService::FindTraces(const RequestContext& context,
                                                              const TraceQuery& query) {
  if (AsksForNothing(query)) {
    return std::unique_ptr<TraceSource>(std::make_unique<EmptySource>());
  }
  auto stream = CountedOpen(primary_, ReadOperation::kFindTraces,
                            [&] { return storage_.trace_reader().FindTraces(context, query); });
  if (!stream.ok()) {
    return std::move(stream).error();
  }
  return Limit(std::make_unique<StreamSource>(*std::move(stream)));
}

std::unique_ptr<TraceSource> TraceService::Limit(std::unique_ptr<TraceSource> source) const {
  if (options_.max_trace_spans == 0) {
    return source;
  }
  return std::make_unique<SizeLimitedSource>(std::move(source), options_.max_trace_spans);
}

std::unique_ptr<TraceSource> TraceService::Adjust(std::unique_ptr<TraceSource> source,
                                                  const RequestContext& context,
                                                  AdjustDialect dialect) {
  AdjustOptions options;
  options.dialect = dialect;
  options.max_skew = options_.max_clock_skew;
  options.max_held_bytes = std::min(options.max_held_bytes, context.byte_budget / kHeldShare);
  return std::make_unique<AdjustedSource>(
      std::move(source),
      [this, context](TraceId id) {
        return GetTraces(context, {TraceLookup{id, std::nullopt}});
      },
      options);
}

Result<Page<TraceSummary>> TraceService::FindTraceSummaries(const RequestContext& context,
                                                            const TraceQuery& query) {
  if (AsksForNothing(query)) {
    return Page<TraceSummary>();
  }
  return CountedRead(primary_, ReadOperation::kFindTraceSummaries,
                     [&] { return storage_.trace_reader().FindTraceSummaries(context, query); });
}

Result<Listing<std::string>> TraceService::GetServices(const RequestContext& context) {
  return CountedRead(primary_, ReadOperation::kGetServices,
                     [&] { return storage_.trace_reader().GetServices(context); });
}

Result<Listing<Operation>> TraceService::GetOperations(const RequestContext& context,
                                                       const std::string& service,
                                                       std::optional<SpanKind> kind) {
  return CountedRead(primary_, ReadOperation::kGetOperations,
                     [&] { return storage_.trace_reader().GetOperations(context, service, kind); });
}

Result<std::vector<DependencyLink>> TraceService::GetDependencies(const RequestContext& context,
                                                                  TimeRange window) {
  DependencyReader* const reader = storage_.dependency_reader();
  if (reader == nullptr) {
    return Unimplemented("this storage backend computes no dependencies");
  }
  const auto since = SteadyClock::now();
  auto links = reader->GetDependencies(context, window);
  primary_.Record(ReadOperation::kGetDependencies, links.ok(), SteadyClock::now() - since,
                  links.ok() ? links->size() : 0);
  return links;
}

Result<std::vector<MetricsSeries>> TraceService::GetMetrics(const RequestContext& context,
                                                            const MetricsQuery& query) {
  MetricsReader* const reader = storage_.metrics_reader();
  if (reader == nullptr) {
    return Unimplemented(std::string(kNoMetrics));
  }
  const auto since = SteadyClock::now();
  auto series = reader->GetMetrics(context, query);
  primary_.Record(ReadOperation::kGetMetrics, series.ok(), SteadyClock::now() - since,
                  series.ok() ? series->size() : 0);
  return series;
}

Status TraceService::Archive(const RequestContext& context, const TraceLookup& lookup) {
  ArchiveWriter* const writer = storage_.archive_writer();
  if (writer == nullptr) {
    return Unimplemented("archive span storage was not configured");
  }
  auto stream = CountedOpen(primary_, ReadOperation::kGetTrace,
                            [&] { return storage_.trace_reader().GetTraces(context, {lookup}); });
  if (!stream.ok()) {
    return std::move(stream).error();
  }
  auto first = (*stream)->Next();
  if (!first.ok()) {
    return std::move(first).error();
  }
  if (*first == nullptr) {
    return NotFound("trace not found");
  }
  return writer->Archive(context,
                         std::make_unique<ResumedStream>(*std::move(first), *std::move(stream)));
}

}  // namespace pugmark
