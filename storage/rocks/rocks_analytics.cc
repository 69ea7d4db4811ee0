#include "storage/rocks/rocks_analytics.h"

#include <algorithm>
#include <utility>

#include "storage/api/red_metrics.h"
#include "storage/api/service_calls.h"
#include "storage/rocks/block_scan.h"
#include "storage/rocks/span_decoder.h"
#include "storage/rocks/span_heads.h"
#include "storage/rocks/trace_row.h"

namespace pugmark::rocks {
namespace {

// Calls use(block) for each block with a span in the window.
template <typename Use>
Status ForEachBlock(const ReadScope& scope, View& view, TimeRange window, const Use& use) {
  BlockScan scan(scope, view, TimePrefix(RowKind::kTenantTime, scope.context.tenant, 0), window);
  while (true) {
    Result<std::optional<IndexRow>> row = scan.Next();
    if (!row) {
      return std::move(row.error());
    }
    if (!*row) {
      return {};
    }
    Result<Block*> block = scan.Load(**row);
    if (!block) {
      return std::move(block.error());
    }
    if (*block != nullptr) {
      if (Status used = use(**block); !used) {
        return used;
      }
    }
  }
}

Result<std::size_t> CountSpans(const ReadScope& scope, View& view, TimeRange window) {
  BlockScan scan(scope, view, TimePrefix(RowKind::kTenantTime, scope.context.tenant, 0), window);
  std::size_t spans = 0;
  while (true) {
    Result<std::optional<IndexRow>> row = scan.Next();
    if (!row) {
      return std::move(row.error());
    }
    if (!*row) {
      return spans;
    }
    spans += (*row)->bounds.spans;
  }
}

// What a call between services needs to know of a span, small enough to hold many.
struct CallSpan {
  TraceId trace_id;
  SpanId span_id = 0;
  SpanId parent_span_id = 0;
  std::uint64_t content = 0;  // hash: equal for duplicates
  UnixTime start_time;
  Nanoseconds duration{0};
  Resource* service = nullptr;
  SpanKind kind = SpanKind::kUnspecified;
  StatusCode status = StatusCode::kUnset;
};

// Dependencies are counted over whole traces, so spans are gathered first. Where all do not fit,
// several rounds gather a share of the traces each.
class DependencyRun {
 public:
  DependencyRun(const ReadScope& scope, View& view, TimeRange window)
      : scope_(scope),
        view_(view),
        window_(window),
        calls_(window),
        maker_(scope.context.byte_budget) {}

  Status Go();
  [[nodiscard]] std::vector<DependencyLink> Links() const { return calls_.Links(); }

 private:
  static constexpr std::size_t kSpansPerRound = 500'000;

  Status Gather(std::size_t round, std::size_t rounds);
  Status CountTraces();
  Status CountTrace(std::span<const CallSpan> spans);
  // Whether a call in the window has its parent outside what was gathered.
  [[nodiscard]] bool MissesParents(std::span<const CallSpan> spans);

  const ReadScope& scope_;
  View& view_;
  const TimeRange window_;
  ServiceCalls calls_;
  HeadMaker maker_;
  std::vector<CallSpan> gathered_;
  std::vector<SpanId> ids_;  // scratch
  std::vector<Span> heads_;
};

Status DependencyRun::Go() {
  Result<std::size_t> spans = CountSpans(scope_, view_, window_);
  if (!spans) {
    return std::move(spans.error());
  }
  const std::size_t rounds = *spans / kSpansPerRound + 1;
  for (std::size_t round = 0; round < rounds; ++round) {
    if (Status gathered = Gather(round, rounds); !gathered) {
      return gathered;
    }
    if (Status counted = CountTraces(); !counted) {
      return counted;
    }
  }
  return {};
}

Status DependencyRun::Gather(std::size_t round, std::size_t rounds) {
  gathered_.clear();
  return ForEachBlock(scope_, view_, window_, [&](Block& block) -> Status {
    for (std::size_t i = 0; i < block.span_count(); ++i) {
      const SpanRecord record = block.span(i);
      const TraceId trace_id = record.trace_id();
      if (HashTraceId{}(trace_id) % rounds != round) {
        continue;
      }
      Result<Resource*> service = maker_.ServiceOf(block, record);
      if (!service) {
        return std::move(service.error());
      }
      gathered_.push_back({trace_id, record.span_id(), record.parent_span_id(),
                           block.Hash(record).low, record.start_time(), record.duration(), *service,
                           record.kind(), record.status()});
    }
    return scope_.MayHold(gathered_.capacity() * sizeof(CallSpan));
  });
}

Status DependencyRun::CountTraces() {
  std::sort(gathered_.begin(), gathered_.end(), [](const CallSpan& a, const CallSpan& b) {
    return a.trace_id != b.trace_id       ? a.trace_id < b.trace_id
           : a.start_time != b.start_time ? a.start_time < b.start_time
                                          : a.content < b.content;
  });
  const auto same = [](const CallSpan& a, const CallSpan& b) {
    return a.trace_id == b.trace_id && a.content == b.content && a.span_id == b.span_id;
  };
  gathered_.erase(std::unique(gathered_.begin(), gathered_.end(), same), gathered_.end());
  for (auto begin = gathered_.begin(); begin != gathered_.end();) {
    const auto end = std::find_if(begin, gathered_.end(), [&](const CallSpan& span) {
      return span.trace_id != begin->trace_id;
    });
    if (Status counted = CountTrace({begin, end}); !counted) {
      return counted;
    }
    begin = end;
  }
  return {};
}

Status DependencyRun::CountTrace(std::span<const CallSpan> spans) {
  if (MissesParents(spans)) {
    Status read = ReadHeads(scope_, view_, spans.front().trace_id, maker_, heads_);
    if (!read) {
      return read;
    }
  } else {
    heads_.clear();
    for (const CallSpan& span : spans) {
      Span& head = heads_.emplace_back();
      head.trace_id = span.trace_id;
      head.span_id = span.span_id;
      head.parent_span_id = span.parent_span_id;
      head.start_time = span.start_time;
      head.duration = span.duration;
      head.kind = span.kind;
      head.status = span.status;
      head.resource = span.service;
    }
  }
  std::vector<const Span*> pointers;
  pointers.reserve(heads_.size());
  for (const Span& head : heads_) {
    pointers.push_back(&head);
  }
  calls_.AddTrace(pointers);
  return {};
}

bool DependencyRun::MissesParents(std::span<const CallSpan> spans) {
  ids_.clear();
  for (const CallSpan& span : spans) {
    ids_.push_back(span.span_id);
  }
  std::sort(ids_.begin(), ids_.end());
  return std::any_of(spans.begin(), spans.end(), [this](const CallSpan& span) {
    return span.parent_span_id != 0 && window_.Contains(span.start_time) &&
           !std::binary_search(ids_.begin(), ids_.end(), span.parent_span_id);
  });
}

}  // namespace

Result<std::vector<DependencyLink>> RocksDependencies::GetDependencies(
    const RequestContext& context, TimeRange window) {
  Result<std::unique_ptr<View>> view = views_.Pin(context);
  if (!view) {
    return std::move(view.error());
  }
  const ReadScope scope{context, oldest_kept_()};
  DependencyRun run(scope, **view, window);
  if (Status whole = run.Go(); !whole) {
    return std::move(whole.error()).Wrap("dependencies");
  }
  return run.Links();
}

Result<std::vector<MetricsSeries>> RocksMetrics::GetMetrics(const RequestContext& context,
                                                            const MetricsQuery& query) {
  Result<RedMetrics> metrics = RedMetrics::Prepare(query);
  if (!metrics) {
    return std::move(metrics.error());
  }
  Result<std::unique_ptr<View>> view = views_.Pin(context);
  if (!view) {
    return std::move(view.error());
  }
  const ReadScope scope{context, oldest_kept_()};
  const TimeRange window = metrics->window();
  const Status whole = ForEachBlock(scope, **view, window, [&](Block& block) -> Status {
    Arena arena(scope.context.byte_budget);
    SpanDecoder decoder(block, arena, SpanDecoder::Texts::kInBlock);
    for (std::size_t i = 0; i < block.span_count(); ++i) {
      const SpanRecord record = block.span(i);
      if (!window.Contains(record.start_time())) {
        continue;
      }
      Span span;
      if (Status decoded = decoder.Decode(record, span); !decoded) {
        return decoded;
      }
      metrics->Add(span);
    }
    return {};
  });
  if (!whole) {
    return Error(whole.error()).Wrap("metrics");
  }
  return metrics->Series();
}

}  // namespace pugmark::rocks
