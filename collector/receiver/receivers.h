// All listeners of a collector, with their ways into the pipeline.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "collector/collector.h"
#include "collector/config.h"
#include "collector/pipeline/intake.h"
#include "collector/sampling/strategy_provider.h"
#include "common/service/daemon.h"

namespace pugmark {

class Receivers {
 public:
  // Everything given outlives the receivers.
  Receivers(const ServiceContext& context, const CollectorConfig& config, Pipeline& pipeline,
            const std::shared_ptr<ByteBudget>& budget, LimitHits& hits,
            const StrategyProvider& strategies);
  ~Receivers();
  Receivers(const Receivers&) = delete;
  Receivers& operator=(const Receivers&) = delete;

  // Listens on all ports, or on none: kUnavailable names the one that is taken.
  Status Start();
  // Stops accepting and waits for the requests under way until `deadline`; then they are ended, and
  // gRPC waits for their answers. May be called twice.
  void Stop(std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] CollectorPorts ports() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace pugmark
