// Sampling strategies of services as Jaeger's strategies file has them (reference 2.9).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "sampling.pb.h"

namespace pugmark {

// Immutable once built.
class StrategySet {
 public:
  // Without a file: every service gets `default_probability`.
  explicit StrategySet(double default_probability);

  // The strategies of a JSON text. `null` is the same as no file. Strategies of an unknown type
  // become the default, and what an operation cannot have is left out: `warnings` gets a line for
  // each. kInvalidArgument, naming the place, for anything that is not such a file.
  static Result<StrategySet> Parse(std::string_view json, double default_probability,
                                   std::vector<std::string>& warnings);

  [[nodiscard]] const jaeger::api_v2::SamplingStrategyResponse& Get(std::string_view service) const;
  [[nodiscard]] std::size_t services() const { return services_.size(); }

 private:
  jaeger::api_v2::SamplingStrategyResponse default_;
  std::map<std::string, jaeger::api_v2::SamplingStrategyResponse, std::less<>> services_;
};

}  // namespace pugmark
