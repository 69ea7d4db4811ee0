// Counters of what is read from the store, under both names that Jaeger's dashboards know:
// jaeger_query_* (up to 1.57) and jaeger_storage_* (1.76). See reference section 6.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/metrics/metrics.h"

namespace pugmark {

enum class ReadOperation : std::uint8_t {
  kFindTraces,
  kFindTraceIds,
  kFindTraceSummaries,
  kGetTrace,
  kGetServices,
  kGetOperations,
  kGetDependencies,
  kGetMetrics,
};

// Thread safety: Record may be called concurrently.
class ReadMetrics {
 public:
  static constexpr std::size_t kOperations = 8;

  // `kind` names the storage, `role` is primary or archive. Only the primary store counts as
  // jaeger_query_*.
  ReadMetrics(Metrics& metrics, const std::string& kind, const std::string& role);

  // `responses`: how many traces, services or whatever was asked for came back.
  void Record(ReadOperation operation, bool ok, std::chrono::nanoseconds took,
              std::size_t responses);

 private:
  struct Series {
    Metrics::Counter* requests = nullptr;
    Metrics::Histogram* latency = nullptr;
  };
  struct Family {
    std::array<Series, 2> by_result;  // failed, succeeded
    Metrics::Histogram* responses = nullptr;
  };
  static Family Add(Metrics& metrics, const std::string& prefix, const Labels& labels);
  static void Record(const Family& family, bool ok, double seconds, std::size_t responses);

  std::array<Family, kOperations> storage_;
  std::array<Family, kOperations> query_;
  bool counts_as_query_;
};

}  // namespace pugmark
