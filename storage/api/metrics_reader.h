// Request, error and duration (RED) metrics computed from stored spans.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/span.h"
#include "storage/api/request_context.h"
#include "storage/api/trace_query.h"

namespace pugmark {

struct MetricsQuery {
  std::vector<std::string> services;
  std::vector<SpanKind> kinds;
  bool by_operation = false;
  FilterNode filter;
  TimeRange window;
  Nanoseconds step{0};
  Nanoseconds rate_per{0};        // window of each point's rate
  std::vector<double> quantiles;  // of latency, 0 to 1
};

struct MetricsPoint {
  UnixTime time;
  double calls_per_second = 0;
  double errors_per_second = 0;
  std::vector<Nanoseconds> latencies;  // one per asked quantile
};

struct MetricsSeries {
  std::string service;
  std::string operation;  // "" unless by_operation
  std::vector<MetricsPoint> points;
};

// Thread safety: may be called concurrently.
class MetricsReader {
 public:
  virtual ~MetricsReader() = default;
  virtual Result<std::vector<MetricsSeries>> GetMetrics(const RequestContext& context,
                                                        const MetricsQuery& query) = 0;
};

}  // namespace pugmark
