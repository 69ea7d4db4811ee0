#include "storage/memory/memory_reader.h"

#include <utility>

#include "storage/api/trace_summary.h"
#include "storage/memory/search.h"
#include "storage/memory/view_stream.h"

namespace pugmark {

std::vector<const Span*> SpansOf(const TraceView& view) {
  std::vector<const Span*> spans;
  view.ForEachSpan([&spans](const Span& span) { spans.push_back(&span); });
  return spans;
}

Result<std::unique_ptr<TraceStream>> MemoryReader::GetTraces(const RequestContext& context,
                                                             std::vector<TraceLookup> lookups) {
  if (Status alive = context.Check(); !alive) {
    return std::move(alive.error());
  }
  return StreamViews(context, table_.Find(context.tenant, lookups));
}

Result<std::unique_ptr<TraceStream>> MemoryReader::FindTraces(const RequestContext& context,
                                                              const TraceQuery& query) {
  Result<SearchResult> found = SearchTraces(table_, context, query);
  if (!found) {
    return std::move(found.error());
  }
  return StreamViews(context, std::move(found->traces));
}

Result<Page<FoundTrace>> MemoryReader::FindTraceIds(const RequestContext& context,
                                                    const TraceQuery& query) {
  Result<SearchResult> found = SearchTraces(table_, context, query);
  if (!found) {
    return std::move(found.error());
  }
  Page<FoundTrace> page;
  page.cursor = std::move(found->cursor);
  page.items.reserve(found->traces.size());
  for (const TraceView& view : found->traces) {
    page.items.push_back({view.trace_id(), view.start(), view.end()});
  }
  return page;
}

Result<Page<TraceSummary>> MemoryReader::FindTraceSummaries(const RequestContext& context,
                                                            const TraceQuery& query) {
  Result<SearchResult> found = SearchTraces(table_, context, query);
  if (!found) {
    return std::move(found.error());
  }
  Page<TraceSummary> page;
  page.cursor = std::move(found->cursor);
  page.items.reserve(found->traces.size());
  for (const TraceView& view : found->traces) {
    if (Status alive = context.Check(); !alive) {
      return std::move(alive.error());
    }
    page.items.push_back(SummarizeTrace(SpansOf(view)));
  }
  return page;
}

Result<Listing<std::string>> MemoryReader::GetServices(const RequestContext& context) {
  if (Status alive = context.Check(); !alive) {
    return std::move(alive.error());
  }
  return table_.Services(context.tenant, kMostServices);
}

Result<Listing<Operation>> MemoryReader::GetOperations(const RequestContext& context,
                                                       const std::string& service,
                                                       std::optional<SpanKind> kind) {
  if (Status alive = context.Check(); !alive) {
    return std::move(alive.error());
  }
  return table_.Operations(context.tenant, service, kind, kMostOperations);
}

}  // namespace pugmark
