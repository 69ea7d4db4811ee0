// Service performance metrics, GET /api/metrics/* (reference 3.6): the parameters, and the answer
// as the jsonpb text of jaeger.api_v2.metrics.MetricFamily.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/net/url.h"
#include "storage/api/metrics_reader.h"

namespace pugmark {

enum class MetricsKind { kLatencies, kCalls, kErrors };

struct MetricsParameters {
  MetricsKind kind = MetricsKind::kCalls;
  MetricsQuery query;  // with one quantile, for kLatencies
};

// kInvalidArgument with Jaeger's text, in Jaeger's order of checks.
Result<MetricsParameters> ParseMetricsParameters(MetricsKind kind,
                                                 const QueryParameters& parameters, UnixTime now);

// Latencies in milliseconds, calls and errors a second; errors as a part of the calls. A point that
// has no value is "NaN".
std::string MetricFamilyJson(const MetricsParameters& parameters,
                             const std::vector<MetricsSeries>& series);

// RFC 3339 in UTC, with as many digits after the second as are needed: none, 3, 6 or 9.
std::string ProtoTimestampText(UnixTime time);

}  // namespace pugmark
