// The options of adaptive sampling (reference 2.10).
#pragma once

#include <chrono>
#include <cstddef>

#include "common/base/time.h"

namespace pugmark {

struct AdaptiveTargets {
  double target_samples_per_second = 1;
  double delta_tolerance = 0.3;  // of the target
  std::size_t buckets_for_calculation = 1;
  std::size_t aggregation_buckets = 10;
  double initial_probability = 0.001;
  double min_probability = 1e-5;
};

struct AdaptiveConfig {
  AdaptiveTargets targets;
  Nanoseconds calculation_interval{std::chrono::minutes(1)};
  Nanoseconds delay{std::chrono::minutes(2)};  // until the throughput of all collectors is there
  double min_samples_per_second = 1.0 / 60;
  Nanoseconds leader_refresh_interval{std::chrono::seconds(5)};
  Nanoseconds follower_refresh_interval{
      std::chrono::minutes(1)};  // and how long the lease is valid
};

}  // namespace pugmark
