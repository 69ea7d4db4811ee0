// The arithmetic of adaptive sampling (reference 2.10, step 3): from throughput to probabilities,
// without clocks, stores or threads.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/sampling/adaptive_config.h"
#include "common/base/time.h"
#include "storage/api/sampling_store.h"

namespace pugmark {

// Thread safety: one thread at a time.
class AdaptiveCalculation {
 public:
  struct Figures {
    OperationFigures probabilities;
    OperationFigures qps;
    std::size_t operations = 0;
  };

  explicit AdaptiveCalculation(const AdaptiveTargets& targets) : targets_(targets) {}

  // What was observed in the `interval` before now, by every collector: becomes the newest bucket.
  void AddNewest(const std::vector<Throughput>& throughput, Nanoseconds interval);
  // What was observed before everything added so far.
  void AddOldest(const std::vector<Throughput>& throughput, Nanoseconds interval);
  [[nodiscard]] std::size_t buckets() const { return buckets_.size(); }

  // Starts from probabilities that another collector calculated.
  void SetProbabilities(OperationFigures probabilities) {
    probabilities_ = std::move(probabilities);
  }

  // The probabilities that bring each operation nearer to the target. At least one bucket was
  // added.
  const Figures& Calculate();

 private:
  struct Observed {
    std::int64_t count = 0;
    std::set<std::string> probabilities;
  };
  using ByOperation = std::map<std::string, std::map<std::string, Observed>>;
  struct Bucket {
    ByOperation throughput;
    double seconds;
  };
  // What the calculation before knew of an operation.
  struct Before {
    double probability;
    bool is_adaptive;
  };

  static Bucket MakeBucket(const std::vector<Throughput>& throughput, Nanoseconds interval);
  [[nodiscard]] double WeightedQps(const std::string& service, const std::string& operation) const;
  [[nodiscard]] double OldProbability(const std::string& service,
                                      const std::string& operation) const;
  [[nodiscard]] bool IsAdaptive(const std::string& service, const std::string& operation,
                                double probability) const;
  [[nodiscard]] double NewProbability(double old_probability, double qps) const;

  const AdaptiveTargets targets_;
  std::deque<Bucket> buckets_;  // newest first
  OperationFigures probabilities_;
  std::map<std::string, std::map<std::string, Before>> before_;
  Figures figures_;
};

}  // namespace pugmark
