// Sampling strategies as the JSON that Jaeger's clients poll for: GET /sampling of the agent,
// GET /api/sampling of the collector, and the agent's older GET / (reference 1.1).
//
// Members whose message is absent are left out, numbers are always there. Number and escaping rules
// are Go's.
#pragma once

#include <string>

#include "common/base/result.h"

namespace jaeger::api_v2 {
class SamplingStrategyResponse;
}

namespace pugmark {

// The type as a word: {"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":1}}.
// NaN and infinities become strings, as in protobuf's JSON.
std::string SamplingStrategyJson(const jaeger::api_v2::SamplingStrategyResponse& strategy);

// The type as a number, for clients built with Thrift 0.9.2: {"strategyType":0,...}.
// kInvalidArgument for what that format cannot say: an unknown type, more than 16 bits of
// maxTracesPerSecond, a number that is not finite.
Result<std::string> LegacySamplingStrategyJson(
    const jaeger::api_v2::SamplingStrategyResponse& strategy);

}  // namespace pugmark
