// What adaptive sampling observes: root spans by service and operation (reference 2.10, step 1).
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/model/span.h"
#include "storage/api/sampling_store.h"

namespace pugmark {

// A probability as text that can be compared: "%.6f".
std::string ProbabilityText(double probability);

// Thread safety: all methods may be called concurrently.
class ThroughputCounter {
 public:
  static constexpr std::size_t kMostOperations = 100'000;

  explicit ThroughputCounter(Metrics& metrics);

  // Counts `span` if it is the root of a trace and says how it was sampled. Beyond kMostOperations
  // between two calls of Take, new operations are left out.
  void Add(const Span& span);
  // What was counted since the last call.
  std::vector<Throughput> Take();

 private:
  using Operations = std::map<std::string, Throughput, std::less<>>;

  Metrics::Counter& operations_total_;
  Metrics::Counter& services_total_;
  std::mutex mutex_;
  std::map<std::string, Operations, std::less<>> services_;
  std::size_t operations_ = 0;
};

}  // namespace pugmark
