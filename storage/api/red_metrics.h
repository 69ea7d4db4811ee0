// Request, error and duration metrics of single spans, for backends that look at spans.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/model/span.h"
#include "storage/api/filter_program.h"
#include "storage/api/metrics_reader.h"

namespace pugmark {

// Points lie at window.min, window.min + step, ... up to window.max. Each covers the spans that
// start after `rate_per` before it and not after it. A latency is the least one that the quantile's
// share of those spans does not exceed; a point without a call has none.
class RedMetrics {
 public:
  // What one answer may hold, as in Prometheus.
  static constexpr std::int64_t kMostPoints = 11'000;

  // `query` outlives this. Errors: kInvalidArgument - filter, window, step, rate or quantiles, or
  // too many points.
  static Result<RedMetrics> Prepare(const MetricsQuery& query);

  // The starts of the spans that matter.
  [[nodiscard]] TimeRange window() const;
  // Counts the span, where the query asks for it.
  void Add(const Span& span);
  // Sorted by service, then operation; series without any call are left out.
  [[nodiscard]] std::vector<MetricsSeries> Series();

 private:
  struct Call {
    UnixTime start;
    Nanoseconds duration;
    bool is_error;
  };
  using Calls = std::vector<Call>;

  RedMetrics(const MetricsQuery& query, FilterProgram filter);
  [[nodiscard]] bool Covers(const Span& span) const;
  [[nodiscard]] MetricsPoint PointAt(UnixTime time, const Calls& calls) const;

  const MetricsQuery* query_;
  FilterProgram filter_;
  std::map<std::pair<std::string, std::string>, Calls> calls_;  // by service and operation
};

}  // namespace pugmark
