// Adaptive sampling: its arithmetic by hand-made cases, and the whole in a simulation of services
// that do as they are told.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "collector/sampling/adaptive_calculation.h"
#include "collector/sampling/adaptive_sampling.h"
#include "collector/sampling/throughput.h"
#include "collector_support.h"
#include "storage/memory/memory_sampling_store.h"

namespace pugmark {
namespace {

using namespace std::chrono_literals;

Throughput Row(std::string operation, std::int64_t count, double probability = 0.001) {
  return {"shop", std::move(operation), count, {ProbabilityText(probability)}};
}

double Calculated(const AdaptiveCalculation::Figures& figures, const std::string& operation) {
  return figures.probabilities.at("shop").at(operation);
}

TEST_CASE("adaptive calculation: one step towards the target", "[collector][sampling]") {
  const auto [name, count, expected] = GENERATE(table<std::string, std::int64_t, double>({
      {"near enough", 75, 0.001},  // 1.25 of 1 a second
      {"too many", 600, 0.0001},   // 10 a second
      {"too few", 40, 0.0015},     // 2/3 a second
      {"far too few: at most twice", 3, 0.002},
      {"none: twice", 0, 0.002},
      {"not below the least", 60'000'000, 1e-5},
  }));
  CAPTURE(name);
  AdaptiveCalculation calculation({});
  calculation.AddNewest({Row("op", count)}, 60s);
  const auto figures = calculation.Calculate();
  CHECK(Calculated(figures, "op") == Approx(expected));
  CHECK(figures.operations == 1);
  CHECK(figures.qps.at("shop").at("op") == Approx(static_cast<double>(count) / 60));
}

TEST_CASE("adaptive calculation: never beyond certainty", "[collector][sampling]") {
  AdaptiveCalculation calculation({});
  calculation.SetProbabilities({{"shop", {{"op", 0.8}}}});
  calculation.AddNewest({Row("op", 1, 0.8)}, 60s);
  CHECK(Calculated(calculation.Calculate(), "op") == 1);
}

TEST_CASE("adaptive calculation: newer intervals weigh more", "[collector][sampling]") {
  AdaptiveTargets targets;
  targets.buckets_for_calculation = 3;
  AdaptiveCalculation calculation(targets);
  calculation.AddNewest({Row("op", 600)}, 60s);
  calculation.AddNewest({Row("other", 60)}, 60s);  // without it: left out, not zero
  calculation.AddNewest({Row("op", 300)}, 60s);
  calculation.AddNewest({Row("op", 60)}, 60s);
  const auto figures = calculation.Calculate();
  const double weighted = (1.0 * 81 + 5.0 * 16 + 10.0 * 1) / (81 + 16 + 1);
  CHECK(figures.qps.at("shop").at("op") == Approx(weighted));
}

TEST_CASE("adaptive calculation: old intervals are forgotten", "[collector][sampling]") {
  AdaptiveTargets targets;
  targets.aggregation_buckets = 2;
  AdaptiveCalculation calculation(targets);
  calculation.AddNewest({Row("old", 60)}, 60s);
  calculation.AddNewest({Row("op", 60)}, 60s);
  calculation.AddNewest({Row("op", 60)}, 60s);
  CHECK(calculation.buckets() == 2);
  CHECK(calculation.Calculate().operations == 1);
  calculation.AddOldest({Row("old", 60)}, 60s);
  CHECK(calculation.buckets() == 2);
}

TEST_CASE("adaptive calculation: rows of several collectors add up", "[collector][sampling]") {
  AdaptiveCalculation calculation({});
  calculation.AddNewest({Row("op", 300), Row("op", 300)}, 60s);
  CHECK(calculation.Calculate().qps.at("shop").at("op") == Approx(10));
}

TEST_CASE("adaptive calculation: services that are not told keep their probability",
          "[collector][sampling]") {
  AdaptiveCalculation calculation({});
  calculation.SetProbabilities({{"shop", {{"op", 0.5}}}});
  SECTION("spans say that they were sampled otherwise") {
    calculation.AddNewest({Row("op", 6'000, 0.1)}, 60s);
    CHECK(Calculated(calculation.Calculate(), "op") == 0.5);
  }
  SECTION("spans say that they were sampled so") {
    calculation.AddNewest({Row("op", 6'000, 0.5)}, 60s);
    CHECK(Calculated(calculation.Calculate(), "op") == Approx(0.005));
  }
  SECTION("silence after it was adaptive") {
    calculation.AddNewest({Row("op", 6'000, 0.5)}, 60s);
    calculation.Calculate();
    calculation.AddNewest({}, 60s);
    CHECK(Calculated(calculation.Calculate(), "op") < 0.005);
  }
  SECTION("silence after it was not") {
    calculation.AddNewest({Row("op", 6'000, 0.1)}, 60s);
    calculation.Calculate();
    calculation.AddNewest({}, 60s);
    CHECK(Calculated(calculation.Calculate(), "op") == 0.5);
  }
}

// A root span as a client sends it that was sampled with `probability`.
std::unique_ptr<SpanBatch> SampledRoot(std::string_view service, std::string_view operation,
                                       std::string_view type, const Value& parameter) {
  TestSpan wanted;
  wanted.service = service;
  wanted.sampler_type = type;
  auto batch = MakeBatch({wanted});
  Span& span = batch->spans()[0];
  span.name = batch->Intern(operation);
  AppendAttribute(batch->arena(), span.attributes, {"sampler.param", parameter});
  return batch;
}

TEST_CASE("throughput: which spans count", "[collector][sampling]") {
  const auto [type, parameter, rows, count] =
      GENERATE(table<std::string, std::string, std::size_t, std::int64_t>({
          {"probabilistic", "0.5", 1, 1},
          {"lowerbound", "0.5", 1, 0},
          {"ratelimiting", "2", 1, 0},
          {"const", "1", 1, 0},
          {"remote", "0.5", 0, 0},
          {"probabilistic", "half", 0, 0},
      }));
  CAPTURE(type, parameter);
  Metrics metrics;
  ThroughputCounter counter(metrics);
  const auto batch = SampledRoot("shop", "op", type, Value::String(parameter));
  counter.Add(batch->spans()[0]);
  const auto taken = counter.Take();
  REQUIRE(taken.size() == rows);
  if (rows == 1) {
    CHECK(taken[0].count == count);
    CHECK(taken[0].service == "shop");
    CHECK(taken[0].operation == "op");
  }
  CHECK(counter.Take().empty());
}

TEST_CASE("throughput: parameters of each number type, children, names", "[collector][sampling]") {
  Metrics metrics;
  ThroughputCounter counter(metrics);
  for (const Value& value : {Value::Double(1), Value::Int(1), Value::String("1"), Value::Bool(true),
                             Value::Bytes("1")}) {
    const auto batch = SampledRoot("shop", "op", "probabilistic", value);
    counter.Add(batch->spans()[0]);
  }
  const auto child = SampledRoot("shop", "child", "probabilistic", Value::Double(1));
  child->spans()[0].parent_span_id = 5;
  counter.Add(child->spans()[0]);
  counter.Add(SampledRoot("shop", "", "probabilistic", Value::Double(1))->spans()[0]);
  counter.Add(SampledRoot("", "op", "probabilistic", Value::Double(1))->spans()[0]);
  const auto taken = counter.Take();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].count == 3);
  CHECK(taken[0].probabilities == std::set<std::string>{"1.000000"});
  CHECK(MetricValue(metrics, "jaeger_collector_sampling_operations_total") == 1);
  CHECK(MetricValue(metrics, "jaeger_collector_sampling_services_total") == 1);
}

class FakeClock : public Clock {
 public:
  [[nodiscard]] UnixTime Now() const override { return now; }
  UnixTime now{std::chrono::hours(500'000)};
};

// Services whose clients ask for their strategy each minute and sample as it says.
class Fleet {
 public:
  // Traces a second of each operation, sampled or not.
  std::map<std::string, double> rates;

  // One minute of traffic; the spans go to `collectors` in turn.
  void Run(const std::vector<AdaptiveSampling*>& collectors) {
    const auto strategy = collectors.front()->GetStrategy("shop").operationsampling();
    sampled.clear();
    for (const auto& [operation, rate] : rates) {
      double probability = strategy.defaultsamplingprobability();
      for (const auto& known : strategy.peroperationstrategies()) {
        if (known.operation() == operation) {
          probability = known.probabilisticsampling().samplingrate();
        }
      }
      std::poisson_distribution<int> traces(rate * 60 * probability);
      const int count = traces(random_);
      sampled[operation] = count / 60.0;
      const auto by_chance =
          SampledRoot("shop", operation, "probabilistic", Value::Double(probability));
      const auto at_least =
          SampledRoot("shop", operation, "lowerbound", Value::Double(probability));
      for (int i = 0; i < count; ++i) {
        collectors[static_cast<std::size_t>(i) % collectors.size()]->Observe(by_chance->spans()[0]);
      }
      collectors.front()->Observe(at_least->spans()[0]);  // one a minute
    }
  }

  std::map<std::string, double> sampled;  // a second, in the last minute

 private:
  std::mt19937 random_{5};
};

TEST_CASE("adaptive sampling: a simulated fleet reaches the target, and again after changes",
          "[collector][sampling]") {
  Metrics metrics;
  FakeClock clock;
  MemorySamplingStore store(clock);
  AdaptiveConfig config;
  config.targets.target_samples_per_second = 5;
  auto first = std::make_unique<AdaptiveSampling>(config, store, metrics, "first", clock);
  AdaptiveSampling second(config, store, metrics, "second", clock);
  first->Initialize();
  second.Initialize();
  std::vector<AdaptiveSampling*> alive{first.get(), &second};
  Fleet fleet;
  fleet.rates = {{"busy", 20'000}, {"usual", 50}, {"rare", 0.5}};

  const auto run_minutes = [&](int minutes) {
    for (int minute = 0; minute < minutes; ++minute) {
      fleet.Run(alive);
      clock.now += 60s;
      for (AdaptiveSampling* const collector : alive) {
        collector->Elect();
        collector->Calculate();
      }
      for (AdaptiveSampling* const collector : alive) {
        collector->Refresh();
      }
    }
  };
  // With the delay, a change shows after three minutes; an increase is at most twofold each time.
  run_minutes(60);
  CHECK(fleet.sampled["busy"] == Approx(5).epsilon(0.5));
  CHECK(fleet.sampled["usual"] == Approx(5).epsilon(0.5));
  CHECK(fleet.sampled["rare"] == Approx(0.5).epsilon(0.5));  // all that there is
  // Every collector says the same.
  CHECK(first->GetStrategy("shop").SerializeAsString() ==
        second.GetStrategy("shop").SerializeAsString());

  SECTION("after traffic changed") {
    fleet.rates["usual"] = 5'000;
    fleet.rates["new"] = 100;
    run_minutes(60);
    CHECK(fleet.sampled["usual"] == Approx(5).epsilon(0.5));
    CHECK(fleet.sampled["new"] == Approx(5).epsilon(0.5));
  }
  SECTION("after the leader has gone") {
    const std::string before = second.GetStrategy("shop").SerializeAsString();
    first.reset();
    alive = {&second};
    CHECK(second.GetStrategy("shop").SerializeAsString() == before);
    run_minutes(60);
    CHECK(fleet.sampled["busy"] == Approx(5).epsilon(0.5));
    CHECK(fleet.sampled["usual"] == Approx(5).epsilon(0.5));
  }
}

TEST_CASE("adaptive sampling: what is served before anything is known", "[collector][sampling]") {
  Metrics metrics;
  FakeClock clock;
  MemorySamplingStore store(clock);
  AdaptiveSampling sampling({}, store, metrics, "only", clock);
  sampling.Initialize();
  const auto strategy = sampling.GetStrategy("anybody");
  CHECK(strategy.strategytype() == jaeger::api_v2::PROBABILISTIC);
  CHECK_FALSE(strategy.has_probabilisticsampling());
  CHECK(strategy.operationsampling().defaultsamplingprobability() == 0.001);
  CHECK(strategy.operationsampling().defaultlowerboundtracespersecond() == Approx(1.0 / 60));
  CHECK(strategy.operationsampling().peroperationstrategies_size() == 0);
}

TEST_CASE("adaptive sampling: a collector that starts takes over what others calculated",
          "[collector][sampling]") {
  Metrics metrics;
  FakeClock clock;
  MemorySamplingStore store(clock);
  REQUIRE(store.InsertProbabilities("other", {{"shop", {{"op", 0.25}}}}, {}, clock.now).ok());
  REQUIRE(store.AcquireLease("sampling_store_leader", "other", 60s).ok());
  AdaptiveSampling sampling({}, store, metrics, "new", clock);
  sampling.Initialize();
  const auto strategy = sampling.GetStrategy("shop").operationsampling();
  REQUIRE(strategy.peroperationstrategies_size() == 1);
  CHECK(strategy.peroperationstrategies(0).probabilisticsampling().samplingrate() == 0.25);
}

TEST_CASE("adaptive sampling: its threads end with it", "[collector][sampling]") {
  Metrics metrics;
  FakeClock clock;
  MemorySamplingStore store(clock);
  AdaptiveConfig config;
  config.calculation_interval = 1ms;
  config.leader_refresh_interval = 1ms;
  AdaptiveSampling sampling(config, store, metrics, "only", clock);
  sampling.Start();
  const auto batch = SampledRoot("shop", "op", "probabilistic", Value::Double(0.5));
  for (int i = 0; i < 100; ++i) {
    sampling.Observe(batch->spans()[0]);
  }
}

}  // namespace
}  // namespace pugmark
