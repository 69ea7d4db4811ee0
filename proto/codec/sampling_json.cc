#include "proto/codec/sampling_json.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include "proto/codec/json_text.h"
#include "sampling.pb.h"

namespace pugmark {
namespace {

namespace api_v2 = jaeger::api_v2;

void AppendNumberMember(std::string& out, std::string_view name, double value) {
  out += '"';
  out += name;
  out += "\":";
  AppendDouble(out, value);
}

void AppendProbabilistic(std::string& out, const api_v2::ProbabilisticSamplingStrategy& strategy) {
  out += "\"probabilisticSampling\":{";
  AppendNumberMember(out, "samplingRate", strategy.samplingrate());
  out += '}';
}

void AppendOperations(std::string& out, const api_v2::PerOperationSamplingStrategies& operations) {
  out += "\"operationSampling\":{";
  AppendNumberMember(out, "defaultSamplingProbability", operations.defaultsamplingprobability());
  out += ',';
  AppendNumberMember(out, "defaultLowerBoundTracesPerSecond",
                     operations.defaultlowerboundtracespersecond());
  out += ",\"perOperationStrategies\":[";
  bool first = true;
  for (const api_v2::OperationSamplingStrategy& operation : operations.peroperationstrategies()) {
    out += first ? "{\"operation\":" : ",{\"operation\":";
    first = false;
    AppendGoJsonString(out, operation.operation());
    if (operation.has_probabilisticsampling()) {
      out += ',';
      AppendProbabilistic(out, operation.probabilisticsampling());
    }
    out += '}';
  }
  out += "],";
  AppendNumberMember(out, "defaultUpperBoundTracesPerSecond",
                     operations.defaultupperboundtracespersecond());
  out += '}';
}

// What follows the type; both dialects share it.
void AppendMembers(std::string& out, const api_v2::SamplingStrategyResponse& strategy) {
  if (strategy.has_probabilisticsampling()) {
    out += ',';
    AppendProbabilistic(out, strategy.probabilisticsampling());
  }
  if (strategy.has_ratelimitingsampling()) {
    out += ",\"rateLimitingSampling\":{\"maxTracesPerSecond\":";
    AppendInteger(out, strategy.ratelimitingsampling().maxtracespersecond());
    out += '}';
  }
  if (strategy.has_operationsampling()) {
    out += ',';
    AppendOperations(out, strategy.operationsampling());
  }
  out += '}';
}

bool AllFinite(const api_v2::SamplingStrategyResponse& strategy) {
  const api_v2::PerOperationSamplingStrategies& operations = strategy.operationsampling();
  bool finite = std::isfinite(strategy.probabilisticsampling().samplingrate()) &&
                std::isfinite(operations.defaultsamplingprobability()) &&
                std::isfinite(operations.defaultlowerboundtracespersecond()) &&
                std::isfinite(operations.defaultupperboundtracespersecond());
  for (const api_v2::OperationSamplingStrategy& operation : operations.peroperationstrategies()) {
    finite = finite && std::isfinite(operation.probabilisticsampling().samplingrate());
  }
  return finite;
}

}  // namespace

std::string SamplingStrategyJson(const api_v2::SamplingStrategyResponse& strategy) {
  std::string out = "{\"strategyType\":";
  const std::string& name = api_v2::SamplingStrategyType_Name(strategy.strategytype());
  if (name.empty()) {  // of a newer collector
    AppendInteger(out, strategy.strategytype());
  } else {
    AppendGoJsonString(out, name);
  }
  AppendMembers(out, strategy);
  return out;
}

Result<std::string> LegacySamplingStrategyJson(const api_v2::SamplingStrategyResponse& strategy) {
  using Short = std::numeric_limits<std::int16_t>;
  if (!api_v2::SamplingStrategyType_IsValid(strategy.strategytype())) {
    return InvalidArgument("strategyType: want 0 or 1, got " +
                           std::to_string(static_cast<int>(strategy.strategytype())));
  }
  const std::int32_t traces = strategy.ratelimitingsampling().maxtracespersecond();
  if (traces > Short::max() || traces < Short::min()) {
    return InvalidArgument("maxTracesPerSecond: want a number of 16 bits, got " +
                           std::to_string(traces));
  }
  if (!AllFinite(strategy)) {
    return InvalidArgument("sampling strategy: want finite numbers, got NaN or an infinity");
  }
  std::string out = "{\"strategyType\":";
  AppendInteger(out, strategy.strategytype());
  AppendMembers(out, strategy);
  return out;
}

}  // namespace pugmark
