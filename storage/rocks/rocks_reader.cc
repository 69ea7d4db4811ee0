#include "storage/rocks/rocks_reader.h"

#include <algorithm>
#include <utility>

#include "storage/api/trace_summary.h"
#include "storage/rocks/catalog_row.h"
#include "storage/rocks/span_heads.h"
#include "storage/rocks/trace_fetch.h"
#include "storage/rocks/trace_row.h"
#include "storage/rocks/trace_search.h"

namespace pugmark::rocks {
namespace {

std::vector<TraceId> IdsOf(const std::vector<SearchHit>& hits) {
  std::vector<TraceId> ids;
  ids.reserve(hits.size());
  for (const SearchHit& hit : hits) {
    ids.push_back(hit.trace_id);
  }
  return ids;
}

std::string CursorOf(const SearchPage& page) {
  return page.has_more
             ? SearchPosition{page.hits.back().newest, page.hits.back().trace_id}.ToCursor()
             : std::string();
}

// Bounds of the whole trace, from its rows.
Result<FoundTrace> BoundsOf(const ReadScope& scope, View& view, TraceId trace_id) {
  FoundTrace found{trace_id, kMaxTime, kMinTime};
  const std::string prefix = TracePrefix(scope.context.tenant, trace_id);
  RowIterator& index = view.index();
  for (index.Seek(prefix); index.On(prefix); index.Next()) {
    const std::optional<BlockId> block = BlockOfKey(index.key());
    const std::optional<TraceRow> row = ParseTraceValue(index.value());
    if (block && *block >= scope.oldest_kept && row) {
      found.start = std::min(found.start, row->start);
      found.end = std::max(found.end, row->end);
    }
  }
  if (Status status = index.status(); !status) {
    return std::move(status.error());
  }
  return found;
}

// Goes to the first row of the next service.
void SkipService(RowIterator& rows, std::string_view tenant, std::string_view service) {
  rows.Seek(AfterPrefix(CatalogServicePrefix(tenant, HashName(service))));
}

// Whether the store has seen more services or operations than it lists.
bool IsCatalogFull(const ReadScope& scope, RowIterator& rows) {
  const std::string key = KeyPrefix(RowKind::kCatalogFull, scope.context.tenant);
  rows.Seek(key);
  return rows.On(key) && !IsExpiredCatalogRow(rows.value(), scope.oldest_kept);
}

template <typename T>
void SortDistinct(std::vector<T>& items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

}  // namespace

Result<std::unique_ptr<TraceStream>> RocksReader::GetTraces(const RequestContext& context,
                                                            std::vector<TraceLookup> lookups) {
  Result<std::unique_ptr<View>> view = views_.Pin(context);
  if (!view) {
    return std::move(view.error());
  }
  std::vector<TraceId> ids;
  ids.reserve(lookups.size());
  for (const TraceLookup& lookup : lookups) {
    ids.push_back(lookup.trace_id);
  }
  return std::make_unique<StoredTraceStream>(ScopeOf(context), std::move(*view), std::move(ids));
}

Result<std::unique_ptr<TraceStream>> RocksReader::FindTraces(const RequestContext& context,
                                                             const TraceQuery& query) {
  Result<std::unique_ptr<View>> view = views_.Pin(context);
  if (!view) {
    return std::move(view.error());
  }
  const ReadScope scope = ScopeOf(context);
  Result<SearchPage> page = Search(scope, **view, query);
  if (!page) {
    return std::move(page.error());
  }
  return std::make_unique<StoredTraceStream>(scope, std::move(*view), IdsOf(page->hits));
}

Result<Page<FoundTrace>> RocksReader::FindTraceIds(const RequestContext& context,
                                                   const TraceQuery& query) {
  Result<std::unique_ptr<View>> view = views_.Pin(context);
  if (!view) {
    return std::move(view.error());
  }
  const ReadScope scope = ScopeOf(context);
  Result<SearchPage> page = Search(scope, **view, query);
  if (!page) {
    return std::move(page.error());
  }
  Page<FoundTrace> found;
  for (const SearchHit& hit : page->hits) {
    Result<FoundTrace> trace = BoundsOf(scope, **view, hit.trace_id);
    if (!trace) {
      return std::move(trace.error());
    }
    found.items.push_back(*trace);
  }
  found.cursor = CursorOf(*page);
  return found;
}

Result<Page<TraceSummary>> RocksReader::FindTraceSummaries(const RequestContext& context,
                                                           const TraceQuery& query) {
  Result<std::unique_ptr<View>> view = views_.Pin(context);
  if (!view) {
    return std::move(view.error());
  }
  const ReadScope scope = ScopeOf(context);
  Result<SearchPage> page = Search(scope, **view, query);
  if (!page) {
    return std::move(page.error());
  }
  Page<TraceSummary> summaries;
  summaries.cursor = CursorOf(*page);
  std::vector<Span> heads;
  std::vector<const Span*> spans;
  for (const SearchHit& hit : page->hits) {
    HeadMaker maker(context.byte_budget);
    if (Status read = ReadHeads(scope, **view, hit.trace_id, maker, heads); !read) {
      return std::move(read.error());
    }
    spans.clear();
    for (const Span& head : heads) {
      spans.push_back(&head);
    }
    if (!spans.empty()) {
      summaries.items.push_back(SummarizeTrace(spans));
    }
  }
  return summaries;
}

Result<Listing<std::string>> RocksReader::GetServices(const RequestContext& context) {
  Result<std::unique_ptr<View>> view = views_.Pin(context);
  if (!view) {
    return std::move(view.error());
  }
  const ReadScope scope = ScopeOf(context);
  const std::string prefix = KeyPrefix(RowKind::kCatalog, context.tenant);
  RowIterator& rows = (*view)->index();
  Listing<std::string> services;
  for (rows.Seek(prefix); rows.On(prefix);) {
    const std::optional<CatalogRow> row = ParseCatalogValue(rows.value());
    if (!row) {
      return Error{ErrorCode::kDataLoss, "services: damaged row"};
    }
    if (row->listed_until < scope.oldest_kept) {
      rows.Next();
      continue;
    }
    services.items.emplace_back(row->service);
    SkipService(rows, context.tenant, services.items.back());
  }
  services.truncated = IsCatalogFull(scope, rows);
  if (Status status = rows.status(); !status) {
    return std::move(status.error());
  }
  SortDistinct(services.items);
  return services;
}

Result<Listing<Operation>> RocksReader::GetOperations(const RequestContext& context,
                                                      const std::string& service,
                                                      std::optional<SpanKind> kind) {
  Result<std::unique_ptr<View>> view = views_.Pin(context);
  if (!view) {
    return std::move(view.error());
  }
  const ReadScope scope = ScopeOf(context);
  const std::string prefix = CatalogServicePrefix(context.tenant, HashName(service));
  RowIterator& rows = (*view)->index();
  Listing<Operation> operations;
  for (rows.Seek(prefix); rows.On(prefix); rows.Next()) {
    const std::optional<CatalogRow> row = ParseCatalogValue(rows.value());
    if (!row) {
      return Error{ErrorCode::kDataLoss, "operations: damaged row"};
    }
    if (row->listed_until >= scope.oldest_kept && row->service == service &&
        (!kind || row->kind == *kind)) {
      operations.items.push_back({std::string(row->operation), row->kind});
    }
  }
  operations.truncated = IsCatalogFull(scope, rows);
  if (Status status = rows.status(); !status) {
    return std::move(status.error());
  }
  SortDistinct(operations.items);
  return operations;
}

}  // namespace pugmark::rocks
