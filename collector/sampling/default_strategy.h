// Jaeger's strategy without a configuration: the same probability for every service.
#pragma once

#include "collector/sampling/strategy_provider.h"

namespace pugmark {

class DefaultStrategy : public StrategyProvider {
 public:
  explicit DefaultStrategy(double probability) {
    response_.set_strategytype(jaeger::api_v2::PROBABILISTIC);
    response_.mutable_probabilisticsampling()->set_samplingrate(probability);
  }
  [[nodiscard]] jaeger::api_v2::SamplingStrategyResponse GetStrategy(
      std::string_view /*service*/) const override {
    return response_;
  }

 private:
  jaeger::api_v2::SamplingStrategyResponse response_;
};

}  // namespace pugmark
