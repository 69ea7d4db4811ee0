#include "query/service/read_metrics.h"

#include <string_view>

namespace pugmark {
namespace {

constexpr std::array<std::string_view, ReadMetrics::kOperations> kNames{
    "find_traces",  "find_trace_ids", "find_trace_summaries", "get_trace",
    "get_services", "get_operations", "get_dependencies",     "get_metrics"};

}  // namespace

ReadMetrics::Family ReadMetrics::Add(Metrics& metrics, const std::string& prefix,
                                     const Labels& labels) {
  static const std::vector<double> kCounts{0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1500};
  Family family;
  for (const bool ok : {false, true}) {
    Labels with_result = labels;
    with_result["result"] = ok ? "ok" : "err";
    Series& series = family.by_result[ok ? 1 : 0];
    series.requests =
        &metrics.AddCounter(prefix + "_requests_total", "Reads of the store", with_result);
    series.latency = &metrics.AddHistogram(prefix + "_latency",
                                           "Seconds that the store took for one read", with_result);
  }
  family.responses = &metrics.AddHistogram(
      prefix + "_responses", "How many items one successful read returned", labels, kCounts);
  return family;
}

ReadMetrics::ReadMetrics(Metrics& metrics, const std::string& kind, const std::string& role)
    : counts_as_query_(role == "primary") {
  for (std::size_t i = 0; i < kOperations; ++i) {
    const std::string name(kNames[i]);
    storage_[i] =
        Add(metrics, "jaeger_storage", {{"kind", kind}, {"operation", name}, {"role", role}});
    if (counts_as_query_) {
      query_[i] = Add(metrics, "jaeger_query", {{"operation", name}});
    }
  }
}

void ReadMetrics::Record(const Family& family, bool ok, double seconds, std::size_t responses) {
  const Series& series = family.by_result[ok ? 1 : 0];
  series.requests->Increment();
  series.latency->Observe(seconds);
  if (ok) {
    family.responses->Observe(static_cast<double>(responses));
  }
}

void ReadMetrics::Record(ReadOperation operation, bool ok, std::chrono::nanoseconds took,
                         std::size_t responses) {
  const auto index = static_cast<std::size_t>(operation);
  const double seconds = std::chrono::duration<double>(took).count();
  Record(storage_[index], ok, seconds, responses);
  if (counts_as_query_) {
    Record(query_[index], ok, seconds, responses);
  }
}

}  // namespace pugmark
