#include "query/api/http_v1/metrics_api.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <limits>
#include <utility>

#include "common/base/go_number.h"
#include "proto/codec/json_text.h"
#include "query/api/http_v1/parameters.h"
#include "query/api/http_v1/search_parameters.h"

namespace pugmark {
namespace {

constexpr std::chrono::hours kDefaultLookback{1};
constexpr std::chrono::minutes kDefaultRate{10};
constexpr std::chrono::seconds kDefaultStep{5};

Result<std::vector<SpanKind>> ParseKinds(const QueryParameters& parameters) {
  if (!parameters.Has("spanKind")) {
    return std::vector<SpanKind>{SpanKind::kServer};
  }
  std::vector<SpanKind> kinds;
  for (const std::string_view name : parameters.All("spanKind")) {
    const SpanKind kind = SpanKindFromName(name);
    if (name == "unspecified") {
      kinds.push_back(SpanKind::kUnspecified);
    } else if (SpanKindName(kind) == name && !name.empty()) {
      kinds.push_back(kind);
    } else {
      return ParameterError("spanKind",
                            InvalidArgument("unsupported span kind: '" + std::string(name) + "'"));
    }
  }
  return kinds;
}

Status ParseTimes(const QueryParameters& parameters, UnixTime now, MetricsQuery& query) {
  const auto end = ParseMillis(parameters, "endTs", now);
  if (!end.ok()) {
    return end.error();
  }
  const auto lookback = ParseMillisDuration(parameters, "lookback", kDefaultLookback);
  if (!lookback.ok()) {
    return lookback.error();
  }
  query.window = WindowBefore(*end, *lookback);
  const auto step = ParseMillisDuration(parameters, "step", kDefaultStep);
  if (!step.ok()) {
    return step.error();
  }
  query.step = *step;
  const auto rate = ParseMillisDuration(parameters, "ratePer", kDefaultRate);
  if (!rate.ok()) {
    return rate.error();
  }
  query.rate_per = *rate;
  return {};
}

double ValueAt(MetricsKind kind, const MetricsPoint& point) {
  switch (kind) {
    case MetricsKind::kLatencies:
      return point.latencies.empty()
                 ? std::numeric_limits<double>::quiet_NaN()
                 : std::chrono::duration<double, std::milli>(point.latencies.front()).count();
    case MetricsKind::kCalls:
      return point.calls_per_second;
    case MetricsKind::kErrors:
      return point.calls_per_second > 0 ? point.errors_per_second / point.calls_per_second
                                        : std::numeric_limits<double>::quiet_NaN();
  }
  return 0;
}

// "latencies", and what a human reads about it.
std::pair<std::string, std::string> NameAndHelp(const MetricsParameters& parameters) {
  switch (parameters.kind) {
    case MetricsKind::kLatencies: {
      std::array<char, 64> quantile{};
      std::snprintf(quantile.data(), quantile.size(), "%.2f", parameters.query.quantiles.front());
      return {"latencies", std::string(quantile.data()) + "th quantile latency"};
    }
    case MetricsKind::kCalls:
      return {"call_rate", "calls/sec"};
    case MetricsKind::kErrors:
      return {"error_rate", "error rate, computed as a fraction of errors/sec over calls/sec"};
  }
  return {};
}

void AppendLabel(std::string& json, std::string_view name, std::string_view value) {
  json += "{\"name\":\"";
  json += name;
  json += "\",\"value\":";
  AppendGoJsonString(json, value);
  json += '}';
}

void AppendSeries(std::string& json, const MetricsParameters& parameters,
                  const MetricsSeries& series) {
  json += "{\"labels\":[";
  AppendLabel(json, "service_name", series.service);  // the UI takes the first one for the service
  if (parameters.query.by_operation) {
    json += ',';
    AppendLabel(json, "operation", series.operation);
  }
  json += "],\"metricPoints\":[";
  bool first = true;
  for (const MetricsPoint& point : series.points) {
    json += first ? "{\"gaugeValue\":{\"doubleValue\":" : ",{\"gaugeValue\":{\"doubleValue\":";
    first = false;
    AppendDouble(json, ValueAt(parameters.kind, point));
    json += "},\"timestamp\":\"" + ProtoTimestampText(point.time) + "\"}";
  }
  json += "]}";
}

}  // namespace

std::string ProtoTimestampText(UnixTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto nanos = (time - second).count();
  const std::time_t whole = second.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string stamp = text.data();
  if (nanos != 0) {
    std::snprintf(text.data(), text.size(), ".%09lld", static_cast<long long>(nanos));
    stamp += text.data();
    while (stamp.ends_with("000")) {
      stamp.resize(stamp.size() - 3);
    }
  }
  return stamp + "Z";
}

Result<MetricsParameters> ParseMetricsParameters(MetricsKind kind,
                                                 const QueryParameters& parameters, UnixTime now) {
  MetricsParameters parsed;
  parsed.kind = kind;
  MetricsQuery& query = parsed.query;
  if (kind == MetricsKind::kLatencies) {
    const auto quantile = ParseGoFloat(parameters.Get("quantile"));
    if (!quantile.ok()) {
      return ParameterError("quantile", quantile.error());
    }
    query.quantiles = {*quantile};
  }
  if (!parameters.Has("service")) {
    return ParameterError("service", InvalidArgument("please provide at least one service name"));
  }
  for (const std::string_view service : parameters.All("service")) {
    query.services.emplace_back(service);
  }
  const auto by_operation = ParseBool(parameters, "groupByOperation");
  if (!by_operation.ok()) {
    return by_operation.error();
  }
  query.by_operation = *by_operation;
  auto kinds = ParseKinds(parameters);
  if (!kinds.ok()) {
    return std::move(kinds).error();
  }
  query.kinds = *std::move(kinds);
  if (Status times = ParseTimes(parameters, now, query); !times.ok()) {
    return std::move(times).error();
  }
  return parsed;
}

std::string MetricFamilyJson(const MetricsParameters& parameters,
                             const std::vector<MetricsSeries>& series) {
  const auto [name, help] = NameAndHelp(parameters);
  const bool by_operation = parameters.query.by_operation;
  std::string json = "{\"name\":\"";
  json += by_operation ? "service_operation_" : "service_";
  json += name + "\",\"type\":\"GAUGE\",\"help\":\"" + help + ", grouped by service";
  json += by_operation ? " \\u0026 operation\"" : "\"";
  for (std::size_t i = 0; i < series.size(); ++i) {
    json += i == 0 ? ",\"metrics\":[" : ",";
    AppendSeries(json, parameters, series[i]);
  }
  return json + (series.empty() ? "}" : "]}");
}

}  // namespace pugmark
