#include "storage/rocks/engine/engine_reader.h"

#include <algorithm>
#include <utility>

#include "storage/api/red_metrics.h"
#include "storage/api/service_calls.h"
#include "storage/api/trace_summary.h"
#include "storage/rocks/engine/search.h"
#include "storage/rocks/engine/trace_fetch.h"

namespace pugmark::engine {
namespace {

std::vector<TraceId> IdsOf(const std::vector<TraceRank>& hits) {
  std::vector<TraceId> ids;
  ids.reserve(hits.size());
  for (const TraceRank& hit : hits) {
    ids.push_back(hit.trace_id);
  }
  return ids;
}

// Calls use(span) with each span; no more than a chunk is held.
template <typename Use>
Status ForEachSpan(TraceStream& stream, const Use& use) {
  while (true) {
    const Result<std::unique_ptr<TraceChunk>> chunk = stream.Next();
    if (!chunk) {
      return chunk.error();
    }
    if (*chunk == nullptr) {
      return {};
    }
    for (const Span& span : (*chunk)->spans()) {
      use(span);
    }
  }
}

// Calls use(spans) with all spans of each trace. The chunks of a trace are held until it is whole.
template <typename Use>
Status ForEachTrace(const RequestContext& context, TraceStream& stream, const Use& use) {
  std::vector<std::unique_ptr<TraceChunk>> chunks;
  std::vector<const Span*> spans;
  const auto finish = [&] {
    if (!spans.empty()) {
      use(std::span<const Span* const>(spans));
    }
    spans.clear();
    chunks.clear();
  };
  std::size_t held = 0;
  while (true) {
    Result<std::unique_ptr<TraceChunk>> chunk = stream.Next();
    if (!chunk) {
      return chunk.error();
    }
    if (*chunk == nullptr) {
      finish();
      return {};
    }
    if (!chunks.empty() && chunks.front()->trace_id() != (*chunk)->trace_id()) {
      finish();
      held = 0;
    }
    held += (*chunk)->arena().bytes_reserved();
    if (held > context.byte_budget) {
      return Error{ErrorCode::kResourceExhausted, "a trace needs more than the " +
                                                      std::to_string(context.byte_budget) +
                                                      " bytes that the request may hold"};
    }
    for (const Span& span : (*chunk)->spans()) {
      spans.push_back(&span);
    }
    chunks.push_back(std::move(*chunk));
  }
}

// The traces of a tenant with a span in the window.
Result<std::vector<TraceId>> TracesIn(const RequestContext& context, const StoreView& view,
                                      TimeRange window) {
  TraceQuery query;
  query.start = window;
  query.limit = std::numeric_limits<std::size_t>::max();
  Result<SearchPage> page = Search(context, view, query);
  if (!page) {
    return page.error();
  }
  return IdsOf(page->hits);
}

}  // namespace

Result<std::unique_ptr<TraceStream>> EngineReader::GetTraces(const RequestContext& context,
                                                             std::vector<TraceLookup> lookups) {
  if (Status alive = CheckAlive(context); !alive) {
    return alive.error();
  }
  Result<StoreView> view = views_.Pin();
  if (!view) {
    return view.error();
  }
  std::vector<TraceId> ids;
  for (const TraceLookup& lookup : lookups) {
    ids.push_back(lookup.trace_id);
  }
  return StreamTraces(context, std::move(*view), std::move(ids));
}

Result<std::unique_ptr<TraceStream>> EngineReader::FindTraces(const RequestContext& context,
                                                              const TraceQuery& query) {
  Result<StoreView> view = views_.Pin();
  if (!view) {
    return view.error();
  }
  Result<SearchPage> page = Search(context, *view, query);
  if (!page) {
    return page.error();
  }
  return StreamTraces(context, std::move(*view), IdsOf(page->hits));
}

Result<Page<FoundTrace>> EngineReader::FindTraceIds(const RequestContext& context,
                                                    const TraceQuery& query) {
  Result<StoreView> view = views_.Pin();
  if (!view) {
    return view.error();
  }
  Result<SearchPage> found = Search(context, *view, query);
  if (!found) {
    return found.error();
  }
  Page<FoundTrace> page;
  page.cursor = std::move(found->cursor);
  const std::unique_ptr<TraceStream> stream =
      StreamTraces(context, std::move(*view), IdsOf(found->hits));
  Status whole = ForEachSpan(*stream, [&page](const Span& span) {
    if (page.items.empty() || page.items.back().trace_id != span.trace_id) {
      page.items.push_back({span.trace_id, kMaxTime, kMinTime});
    }
    FoundTrace& trace = page.items.back();
    trace.start = std::min(trace.start, span.start_time);
    trace.end = std::max(trace.end, AddSaturating(span.start_time, span.duration));
  });
  if (!whole) {
    return whole.error();
  }
  return page;
}

Result<Page<TraceSummary>> EngineReader::FindTraceSummaries(const RequestContext& context,
                                                            const TraceQuery& query) {
  Result<StoreView> view = views_.Pin();
  if (!view) {
    return view.error();
  }
  Result<SearchPage> found = Search(context, *view, query);
  if (!found) {
    return found.error();
  }
  Page<TraceSummary> page;
  page.cursor = std::move(found->cursor);
  const std::unique_ptr<TraceStream> stream =
      StreamTraces(context, std::move(*view), IdsOf(found->hits));
  Status whole = ForEachTrace(context, *stream, [&page](std::span<const Span* const> spans) {
    page.items.push_back(SummarizeTrace(spans));
  });
  if (!whole) {
    return whole.error();
  }
  return page;
}

Result<Listing<std::string>> EngineReader::GetServices(const RequestContext& context) {
  if (Status alive = CheckAlive(context); !alive) {
    return alive.error();
  }
  return catalog_.Services(context.tenant);
}

Result<Listing<Operation>> EngineReader::GetOperations(const RequestContext& context,
                                                       const std::string& service,
                                                       std::optional<SpanKind> kind) {
  if (Status alive = CheckAlive(context); !alive) {
    return alive.error();
  }
  return catalog_.Operations(context.tenant, service, kind);
}

Result<std::vector<DependencyLink>> EngineReader::GetDependencies(const RequestContext& context,
                                                                  TimeRange window) {
  Result<StoreView> view = views_.Pin();
  if (!view) {
    return view.error();
  }
  Result<std::vector<TraceId>> ids = TracesIn(context, *view, window);
  if (!ids) {
    return ids.error();
  }
  ServiceCalls calls(window);
  const std::unique_ptr<TraceStream> stream =
      StreamTraces(context, std::move(*view), std::move(*ids));
  Status whole = ForEachTrace(
      context, *stream, [&calls](std::span<const Span* const> spans) { calls.AddTrace(spans); });
  if (!whole) {
    return std::move(whole.error()).Wrap("dependencies");
  }
  return calls.Links();
}

Result<std::vector<MetricsSeries>> EngineReader::GetMetrics(const RequestContext& context,
                                                            const MetricsQuery& query) {
  Result<RedMetrics> metrics = RedMetrics::Prepare(query);
  if (!metrics) {
    return metrics.error();
  }
  Result<StoreView> view = views_.Pin();
  if (!view) {
    return view.error();
  }
  Result<std::vector<TraceId>> ids = TracesIn(context, *view, metrics->window());
  if (!ids) {
    return ids.error();
  }
  const std::unique_ptr<TraceStream> stream =
      StreamTraces(context, std::move(*view), std::move(*ids));
  Status whole = ForEachSpan(*stream, [&metrics](const Span& span) {
    if (metrics->window().Contains(span.start_time)) {
      metrics->Add(span);
    }
  });
  if (!whole) {
    return std::move(whole.error()).Wrap("metrics");
  }
  return metrics->Series();
}

}  // namespace pugmark::engine
