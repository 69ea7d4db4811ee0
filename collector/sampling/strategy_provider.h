// Where a service's sampling strategy comes from.
#pragma once

#include <string_view>

#include "sampling.pb.h"

namespace pugmark {

// Thread safety: all methods may be called concurrently.
class StrategyProvider {
 public:
  virtual ~StrategyProvider() = default;
  // What the clients of `service` are told; never fails: an unknown service gets the default.
  [[nodiscard]] virtual jaeger::api_v2::SamplingStrategyResponse GetStrategy(
      std::string_view service) const = 0;
};

}  // namespace pugmark
