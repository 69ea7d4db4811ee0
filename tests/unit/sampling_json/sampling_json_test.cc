#include "proto/codec/sampling_json.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "sampling.pb.h"

namespace pugmark {
namespace {

using jaeger::api_v2::PROBABILISTIC;
using jaeger::api_v2::RATE_LIMITING;
using jaeger::api_v2::SamplingStrategyResponse;

SamplingStrategyResponse Probabilistic(double rate) {
  SamplingStrategyResponse strategy;
  strategy.mutable_probabilisticsampling()->set_samplingrate(rate);
  return strategy;
}

SamplingStrategyResponse RateLimiting(int traces) {
  SamplingStrategyResponse strategy;
  strategy.set_strategytype(RATE_LIMITING);
  strategy.mutable_ratelimitingsampling()->set_maxtracespersecond(traces);
  return strategy;
}

void AddOperation(SamplingStrategyResponse& strategy, const std::string& name, double rate) {
  auto& operation = *strategy.mutable_operationsampling()->add_peroperationstrategies();
  operation.set_operation(name);
  operation.mutable_probabilisticsampling()->set_samplingrate(rate);
}

// What a collector with golden/inputs/strategies.json answers for `service`.
SamplingStrategyResponse GoldenStrategy(const std::string& service) {
  SamplingStrategyResponse strategy;
  double rate = 0.5;
  if (service == "batch") {
    strategy = RateLimiting(5);
  } else {
    rate = service == "checkout" ? 0.8 : service == "odd" ? 0.001 : 0.5;
    strategy = Probabilistic(rate);
  }
  strategy.mutable_operationsampling()->set_defaultsamplingprobability(rate);
  if (service == "checkout") {
    AddOperation(strategy, "pay", 1);
  }
  AddOperation(strategy, "GET /health", 0);
  return strategy;
}

nlohmann::ordered_json ReadGolden(const std::string& name) {
  std::ifstream file(std::string(PUGMARK_TESTDATA) + "/golden/answers/" + name + ".json");
  REQUIRE(file);
  return nlohmann::ordered_json::parse(file);
}

TEST_CASE("sampling json: the recorded answers, members in their order", "[codec][sampling]") {
  for (const std::string service : {"batch", "checkout", "nobody", "odd"}) {
    CAPTURE(service);
    const SamplingStrategyResponse strategy = GoldenStrategy(service);
    const auto json = nlohmann::ordered_json::parse(SamplingStrategyJson(strategy));
    CHECK(json == ReadGolden("v1.57/sampling-agent-new-" + service));
    CHECK(json == ReadGolden("v1.76/sampling-collector-" + service));
    const auto legacy = LegacySamplingStrategyJson(strategy);
    REQUIRE(legacy.ok());
    CHECK(nlohmann::ordered_json::parse(*legacy) ==
          ReadGolden("v1.57/sampling-agent-legacy-" + service));
  }
}

TEST_CASE("sampling json: exact text", "[codec][sampling]") {
  CHECK(SamplingStrategyJson(Probabilistic(0.001)) ==
        R"({"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.001}})");
  CHECK(SamplingStrategyJson(RateLimiting(2)) ==
        R"({"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":2}})");
  CHECK(*LegacySamplingStrategyJson(Probabilistic(0.001)) ==
        R"({"strategyType":0,"probabilisticSampling":{"samplingRate":0.001}})");
  CHECK(*LegacySamplingStrategyJson(RateLimiting(-1)) ==
        R"({"strategyType":1,"rateLimitingSampling":{"maxTracesPerSecond":-1}})");
  CHECK(SamplingStrategyJson({}) == R"({"strategyType":"PROBABILISTIC"})");

  SamplingStrategyResponse strategy = Probabilistic(1e-7);
  strategy.mutable_operationsampling()->set_defaultsamplingprobability(0.2);
  AddOperation(strategy, "a<\"b", 1.0 / 3);
  strategy.mutable_operationsampling()->add_peroperationstrategies()->set_operation("bare");
  CHECK(SamplingStrategyJson(strategy) ==
        R"({"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":1e-7},)"
        R"("operationSampling":{"defaultSamplingProbability":0.2,)"
        R"("defaultLowerBoundTracesPerSecond":0,"perOperationStrategies":[{"operation":)"
        "\"a\\u003c\\\"b\""
        R"(,"probabilisticSampling":{"samplingRate":0.3333333333333333}},{"operation":"bare"}],)"
        R"("defaultUpperBoundTracesPerSecond":0}})");
}

TEST_CASE("sampling json: no operations are an empty list", "[codec][sampling]") {
  SamplingStrategyResponse strategy = Probabilistic(1);
  strategy.mutable_operationsampling();
  CHECK(SamplingStrategyJson(strategy).find(R"("perOperationStrategies":[],)") !=
        std::string::npos);
  CHECK(LegacySamplingStrategyJson(strategy)->find(R"("perOperationStrategies":[],)") !=
        std::string::npos);
}

TEST_CASE("sampling json: what the legacy form cannot say is an error", "[codec][sampling]") {
  CHECK(LegacySamplingStrategyJson(RateLimiting(32'767)).ok());
  CHECK_FALSE(LegacySamplingStrategyJson(RateLimiting(32'768)).ok());
  CHECK(SamplingStrategyJson(RateLimiting(32'768)).find("32768") != std::string::npos);

  const SamplingStrategyResponse nan = Probabilistic(std::nan(""));
  CHECK_FALSE(LegacySamplingStrategyJson(nan).ok());
  CHECK(SamplingStrategyJson(nan).find(R"("samplingRate":"NaN")") != std::string::npos);
  SamplingStrategyResponse infinite = Probabilistic(1);
  AddOperation(infinite, "x", std::numeric_limits<double>::infinity());
  CHECK_FALSE(LegacySamplingStrategyJson(infinite).ok());

  SamplingStrategyResponse unknown;
  unknown.set_strategytype(static_cast<jaeger::api_v2::SamplingStrategyType>(7));
  CHECK(SamplingStrategyJson(unknown) == R"({"strategyType":7})");
  CHECK_FALSE(LegacySamplingStrategyJson(unknown).ok());
}

}  // namespace
}  // namespace pugmark
