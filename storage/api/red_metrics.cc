#include "storage/api/red_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace pugmark {
namespace {

std::int64_t Count(Nanoseconds duration) { return duration.count(); }
std::int64_t Count(UnixTime time) { return time.time_since_epoch().count(); }

Nanoseconds Negated(Nanoseconds duration) { return Nanoseconds(-Count(duration)); }

Status CheckQuery(const MetricsQuery& query) {
  if (query.step <= Nanoseconds(0) || query.rate_per <= Nanoseconds(0)) {
    return InvalidArgument("metrics: want a step and a rate window above zero");
  }
  if (query.window.min > query.window.max) {
    return InvalidArgument("metrics: the window ends before it starts");
  }
  const auto is_quantile = [](double quantile) { return quantile >= 0 && quantile <= 1; };
  if (!std::all_of(query.quantiles.begin(), query.quantiles.end(), is_quantile)) {
    return InvalidArgument("metrics: want quantiles from 0 to 1");
  }
  std::int64_t length = 0;
  if (__builtin_sub_overflow(Count(query.window.max), Count(query.window.min), &length) ||
      length / Count(query.step) >= RedMetrics::kMostPoints) {
    return InvalidArgument("metrics: want at most " + std::to_string(RedMetrics::kMostPoints) +
                           " points, the window and step ask for more");
  }
  return {};
}

}  // namespace

RedMetrics::RedMetrics(const MetricsQuery& query, FilterProgram filter)
    : query_(&query), filter_(std::move(filter)) {}

Result<RedMetrics> RedMetrics::Prepare(const MetricsQuery& query) {
  if (Status valid = CheckQuery(query); !valid) {
    return std::move(valid.error());
  }
  Result<FilterProgram> filter = FilterProgram::Compile(query.filter);
  if (!filter) {
    return std::move(filter.error());
  }
  return RedMetrics(query, *std::move(filter));
}

TimeRange RedMetrics::window() const {
  return {AddSaturating(query_->window.min, Negated(query_->rate_per)), query_->window.max};
}

bool RedMetrics::Covers(const Span& span) const {
  const auto& [services, kinds] = std::tie(query_->services, query_->kinds);
  return window().Contains(span.start_time) &&
         (services.empty() || std::find(services.begin(), services.end(),
                                        span.resource->service_name) != services.end()) &&
         (kinds.empty() || std::find(kinds.begin(), kinds.end(), span.kind) != kinds.end()) &&
         filter_.Holds(span);
}

void RedMetrics::Add(const Span& span) {
  if (Covers(span)) {
    calls_[{std::string(span.resource->service_name),
            query_->by_operation ? std::string(span.name) : std::string()}]
        .push_back({span.start_time, span.duration, span.status == StatusCode::kError});
  }
}

MetricsPoint RedMetrics::PointAt(UnixTime time, const Calls& calls) const {
  const auto starts_after = [](UnixTime bound, const Call& call) { return bound < call.start; };
  const auto first = std::upper_bound(calls.begin(), calls.end(),
                                      AddSaturating(time, Negated(query_->rate_per)), starts_after);
  const auto last = std::upper_bound(first, calls.end(), time, starts_after);

  MetricsPoint point;
  point.time = time;
  if (first == last) {
    return point;
  }
  const double seconds = static_cast<double>(Count(query_->rate_per)) / 1e9;
  const auto errors = std::count_if(first, last, [](const Call& call) { return call.is_error; });
  point.calls_per_second = static_cast<double>(last - first) / seconds;
  point.errors_per_second = static_cast<double>(errors) / seconds;
  std::vector<Nanoseconds> latencies;
  std::transform(first, last, std::back_inserter(latencies),
                 [](const Call& call) { return call.duration; });
  std::sort(latencies.begin(), latencies.end());
  for (const double quantile : query_->quantiles) {
    const double rank = std::ceil(quantile * static_cast<double>(latencies.size()));
    point.latencies.push_back(latencies[static_cast<std::size_t>(std::max(rank, 1.0)) - 1]);
  }
  return point;
}

std::vector<MetricsSeries> RedMetrics::Series() {
  std::vector<MetricsSeries> all;
  for (auto& [key, calls] : calls_) {
    std::sort(calls.begin(), calls.end(),
              [](const Call& a, const Call& b) { return a.start < b.start; });
    MetricsSeries series{key.first, key.second, {}};
    for (UnixTime time = query_->window.min; time <= query_->window.max;
         time = AddSaturating(time, query_->step)) {
      series.points.push_back(PointAt(time, calls));
      if (time == kMaxTime) {
        break;
      }
    }
    all.push_back(std::move(series));
  }
  return all;
}

}  // namespace pugmark
