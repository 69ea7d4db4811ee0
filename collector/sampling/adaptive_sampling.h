// Adaptive sampling (reference 2.10): every collector observes its root spans and shares what it
// saw through the store; the one that holds the lease turns that into probabilities; all of them
// tell the clients.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "collector/sampling/adaptive_calculation.h"
#include "collector/sampling/adaptive_config.h"
#include "collector/sampling/strategy_provider.h"
#include "collector/sampling/throughput.h"
#include "common/base/time.h"
#include "common/concurrency/periodic.h"
#include "common/metrics/metrics.h"
#include "storage/api/sampling_store.h"

namespace pugmark {

// Thread safety: all methods may be called concurrently.
class AdaptiveSampling : public StrategyProvider {
 public:
  // `owner` names this collector among those that share `store`. Store, metrics and clock outlive
  // it.
  AdaptiveSampling(const AdaptiveConfig& config, SamplingStore& store, Metrics& metrics,
                   std::string owner, const Clock& clock = Clock::System());
  ~AdaptiveSampling() override;

  [[nodiscard]] jaeger::api_v2::SamplingStrategyResponse GetStrategy(
      std::string_view service) const override;

  // Counts a span that was received.
  void Observe(const Span& span) { throughput_.Add(span); }

  // Reads what the store has, and repeats the steps below on threads of their own until the object
  // is destroyed.
  void Start();

  // The steps; each logs what goes wrong and leaves things as they were.
  void Initialize();
  void Elect();      // asks for the lease where it is time
  void Calculate();  // shares what was observed, and calculates where this is the leader
  void Refresh();    // takes over what the leader calculated

 private:
  using Strategies = std::map<std::string, jaeger::api_v2::SamplingStrategyResponse, std::less<>>;

  [[nodiscard]] jaeger::api_v2::SamplingStrategyResponse DefaultStrategy() const;
  void Serve(const OperationFigures& probabilities);

  const AdaptiveConfig config_;
  SamplingStore& store_;
  const std::string owner_;
  const Clock& clock_;
  Metrics::Gauge& operations_calculated_;
  Metrics::Histogram& calculation_seconds_;
  ThroughputCounter throughput_;
  std::atomic<bool> is_leader_{false};
  std::atomic<std::shared_ptr<const Strategies>> strategies_;
  std::mutex mutex_;  // of the members below
  AdaptiveCalculation calculation_;
  UnixTime last_checked_;
  UnixTime last_election_ = kMinTime;
  std::vector<std::unique_ptr<Periodic>> threads_;  // last: they end first
};

}  // namespace pugmark
