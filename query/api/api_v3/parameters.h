// Parameters of /api/v3 as of 2.20 (reference 3.8): camelCase, with the older snake_case beside it.
// Mistakes are kInvalidArgument, "malformed parameter X: ...", naming the spelling that was used.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/net/url.h"
#include "storage/api/trace_query.h"

namespace pugmark {

struct V3LookupParameters {
  TraceLookup lookup;
  bool raw = false;
};

// GET /api/v3/traces/{id}: `id` as it stands in the path.
Result<V3LookupParameters> ParseV3Lookup(const QueryParameters& parameters, std::string_view id);

struct V3SearchParameters {
  TraceQuery query;
  bool raw = false;
};

// GET /api/v3/traces and /api/v3/trace-summaries.
Result<V3SearchParameters> ParseV3Search(const QueryParameters& parameters);

// Trace ids as api_v3 takes them, in HTTP and gRPC.
Result<TraceId> ParseV3TraceId(std::string_view text);

// `key` equals the text `value`, on whatever level it is found: what `query.attributes` asks for.
FilterNode AttributeEquals(std::string key, std::string value);

}  // namespace pugmark
