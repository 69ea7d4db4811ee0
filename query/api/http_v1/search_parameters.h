// The parameters of Jaeger's search, GET /api/traces (reference 3.4).
#pragma once

#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/url.h"
#include "storage/api/trace_query.h"

namespace pugmark {

struct SearchParameters {
  TraceQuery query;
  std::vector<TraceId> trace_ids;  // not empty: these are asked for, and `query` only says when
  bool raw = false;                // without adjusters
};

// kInvalidArgument with Jaeger's text, in Jaeger's order of checks. `may_leave_out_service`: a
// search that says something else to look for needs no service.
Result<SearchParameters> ParseSearchParameters(const QueryParameters& parameters, UnixTime now,
                                               bool may_leave_out_service);

struct LookupParameters {
  TraceLookup lookup;
  bool raw = false;
};

// GET /api/traces/{id}: `id` as it stands in the path.
Result<LookupParameters> ParseLookupParameters(const QueryParameters& parameters,
                                               std::string_view id);

// The time of `lookback` up to `end`.
TimeRange WindowBefore(UnixTime end, Nanoseconds lookback);

// GET /api/dependencies: what `endTs` and `lookback` say.
Result<TimeRange> ParseDependencyWindow(const QueryParameters& parameters, UnixTime now);

}  // namespace pugmark
