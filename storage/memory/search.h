// Searches over the traces of the memory store.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "storage/api/request_context.h"
#include "storage/api/trace_query.h"
#include "storage/memory/trace_table.h"

namespace pugmark {

struct SearchResult {
  std::vector<TraceView> traces;  // newest first, by the start of the newest matching span
  std::string cursor;             // "" where there is no more
};

// Errors: kInvalidArgument - filter or cursor; kCancelled, kDeadlineExceeded.
Result<SearchResult> SearchTraces(const TraceTable& table, const RequestContext& context,
                                  const TraceQuery& query);

}  // namespace pugmark
