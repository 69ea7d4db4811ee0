// Searches a view: heads first, then segments from the newest, as far as the result can change.
#pragma once

#include <vector>

#include "common/base/result.h"
#include "storage/api/request_context.h"
#include "storage/api/trace_query.h"
#include "storage/rocks/engine/live_store.h"
#include "storage/rocks/engine/top_traces.h"

namespace pugmark::engine {

struct SearchPage {
  std::vector<TraceRank> hits;  // in order
  std::string cursor;           // "" where there is no more
};

// Damaged row groups are left out, logged and counted in `damaged`.
// Errors: kInvalidArgument - filter or cursor; kCancelled, kDeadlineExceeded; kUnavailable.
Result<SearchPage> Search(const RequestContext& context, const StoreView& view,
                          const TraceQuery& query);

// kCancelled or kDeadlineExceeded, where the request is over.
Status CheckAlive(const RequestContext& context);

// Row groups and segments that reads have left out because they are damaged, since the start.
std::uint64_t DamagedParts();
void CountDamagedPart(std::uint64_t segment, const Error& error);

}  // namespace pugmark::engine
