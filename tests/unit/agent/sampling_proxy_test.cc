#include "agent/sampling/sampling_proxy.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/net/http.h"
#include "tests/unit/agent/fake_collector.h"
#include "tests/unit/agent/test_batches.h"

namespace pugmark {
namespace {

using jaeger::api_v2::SamplingStrategyResponse;
using testing::FakeCollector;
using testing::Verdict;

void AddOperation(SamplingStrategyResponse& strategy, const char* operation, double rate) {
  auto& added = *strategy.mutable_operationsampling()->add_peroperationstrategies();
  added.set_operation(operation);
  added.mutable_probabilisticsampling()->set_samplingrate(rate);
}

// The strategies that the recorded answers of Jaeger's agent come from (inputs/strategies.json).
Verdict RecordedStrategy(const std::string& service, SamplingStrategyResponse& strategy) {
  double rate = 0.5;  // the default's
  if (service == "checkout") {
    rate = 0.8;
    AddOperation(strategy, "pay", 1);
  } else if (service == "odd") {
    rate = 0.001;
  }
  AddOperation(strategy, "GET /health", 0);
  strategy.mutable_operationsampling()->set_defaultsamplingprobability(rate);
  if (service == "batch") {
    strategy.set_strategytype(jaeger::api_v2::RATE_LIMITING);
    strategy.mutable_ratelimitingsampling()->set_maxtracespersecond(5);
  } else {
    strategy.mutable_probabilisticsampling()->set_samplingrate(rate);
  }
  return {};
}

class Fixture {
 public:
  explicit Fixture(const std::string& collector_address) {
    ReporterConfig config;
    config.collectors = {collector_address};
    auto created = CollectorClient::Create(config, metrics);
    REQUIRE(created.ok());
    client = *std::move(created);
    auto started = SamplingProxy::Start(runtime, {"127.0.0.1", 0}, *client, metrics);
    REQUIRE(started.ok());
    proxy = *std::move(started);
  }
  HttpResponse Get(const std::string& target, const std::string& method = "GET") {
    auto response =
        HttpFetch({"127.0.0.1", proxy->port()}, method, target, "", {}, std::chrono::seconds(20));
    REQUIRE(response.ok());
    return *std::move(response);
  }
  double metric(const std::string& series) {
    return testing::MetricValue(metrics, "jaeger_agent_" + series);
  }

  Metrics metrics;
  IoRuntime runtime{2};
  std::unique_ptr<CollectorClient> client;
  std::unique_ptr<SamplingProxy> proxy;
};

}  // namespace

TEST_CASE("sampling proxy: answers equal those recorded from Jaeger's agent", "[agent]") {
  const auto [name, target] = GENERATE(table<std::string, std::string>({
      {"empty", "/sampling?service="},
      {"new-checkout", "/sampling?service=checkout"},
      {"new-batch", "/sampling?service=batch"},
      {"new-odd", "/sampling?service=odd"},
      {"new-nobody", "/sampling?service=nobody"},
      {"legacy-checkout", "/?service=checkout"},
      {"legacy-batch", "/?service=batch"},
      {"legacy-odd", "/?service=odd"},
      {"legacy-nobody", "/?service=nobody"},
  }));
  CAPTURE(name);
  std::ifstream file(PUGMARK_TESTDATA "/golden/answers/v1.57/sampling-agent-" + name + ".json");
  const auto recorded = nlohmann::json::parse(file);
  FakeCollector collector;
  collector.AnswerSamplingWith(RecordedStrategy);
  Fixture agent(collector.address());
  const HttpResponse response = agent.Get(target);
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(nlohmann::json::parse(response.body) == recorded);
  CHECK(agent.metric(
            "collector_proxy_total{endpoint=\"sampling\",protocol=\"grpc\",result=\"ok\"}") == 1);
  const bool legacy = name.starts_with("legacy");
  CHECK(agent.metric("http_server_requests_total{type=\"sampling\"}") == (legacy ? 0 : 1));
  CHECK(agent.metric("http_server_requests_total{type=\"sampling-legacy\"}") == (legacy ? 1 : 0));
}

TEST_CASE("sampling proxy: requests that are no question", "[agent]") {
  FakeCollector collector;
  Fixture agent(collector.address());
  const auto [method, target, status,
              body] = GENERATE(table<std::string, std::string, int, std::string>({
      {"GET", "/sampling", 400, "'service' parameter must be provided once\n"},
      {"GET", "/sampling?service=a&service=b", 400, "'service' parameter must be provided once\n"},
      {"GET", "/", 400, "'service' parameter must be provided once\n"},
      {"GET", "/baggageRestrictions", 400, "'service' parameter must be provided once\n"},
      {"GET", "/baggageRestrictions?service=a", 500, "collector error: baggage not implemented\n"},
      {"GET", "/elsewhere?service=a", 404, "404 page not found\n"},
      {"POST", "/sampling?service=a", 405, ""},
      {"DELETE", "/?service=a", 405, ""},
  }));
  CAPTURE(method, target);
  const HttpResponse response = agent.Get(target, method);
  CHECK(response.status == status);
  CHECK(response.body == body);
  if (!body.empty()) {
    CHECK(response.content_type == "text/plain; charset=utf-8");
  }
  CHECK(agent.metric("http_server_errors_total{source=\"all\",status=\"4xx\"}") ==
        (status == 400 ? 1 : 0));
  CHECK(agent.metric("http_server_total") == 1);
}

TEST_CASE("sampling proxy: the collector's error is passed on as Jaeger words it", "[agent]") {
  FakeCollector collector;
  collector.AnswerSamplingWith([](const std::string& service, SamplingStrategyResponse&) {
    return Verdict{13, "no strategy for " + service};
  });
  Fixture agent(collector.address());
  const HttpResponse response = agent.Get("/sampling?service=a%20b");
  CHECK(response.status == 500);
  CHECK(response.body ==
        "collector error: rpc error: code = Internal desc = no strategy for a b\n");
  CHECK(agent.metric("http_server_errors_total{source=\"collector-proxy\",status=\"5xx\"}") == 1);
  CHECK(agent.metric(
            "collector_proxy_total{endpoint=\"sampling\",protocol=\"grpc\",result=\"err\"}") == 1);
}

TEST_CASE("sampling proxy: no collector is an error at once", "[agent]") {
  Fixture agent("127.0.0.1:" + std::to_string(testing::FreeTcpPort()));
  const HttpResponse response = agent.Get("/sampling?service=a");
  CHECK(response.status == 500);
  CHECK(response.body.starts_with("collector error: rpc error: code = Unavailable desc = "));
}

TEST_CASE("sampling proxy: what the old format cannot say", "[agent]") {
  FakeCollector collector;
  collector.AnswerSamplingWith([](const std::string&, SamplingStrategyResponse& strategy) {
    strategy.set_strategytype(jaeger::api_v2::RATE_LIMITING);
    strategy.mutable_ratelimitingsampling()->set_maxtracespersecond(32'768);
    return Verdict();
  });
  Fixture agent(collector.address());
  const HttpResponse response = agent.Get("/?service=a");
  CHECK(response.status == 500);
  CHECK(response.body == "cannot marshall to JSON\n");
  CHECK(agent.metric("http_server_errors_total{source=\"thrift\",status=\"5xx\"}") == 1);
  CHECK(agent.Get("/sampling?service=a").status == 200);
}

TEST_CASE("sampling proxy: many operations fit into a reply", "[agent]") {
  FakeCollector collector;
  collector.AnswerSamplingWith([](const std::string&, SamplingStrategyResponse& strategy) {
    for (int i = 0; i < 5'000; ++i) {
      AddOperation(strategy, ("operation-" + std::to_string(i)).c_str(), 0.5);
    }
    return Verdict();
  });
  Fixture agent(collector.address());
  const HttpResponse response = agent.Get("/sampling?service=a");
  CHECK(response.status == 200);
  CHECK(
      nlohmann::json::parse(response.body)["operationSampling"]["perOperationStrategies"].size() ==
      5'000);
}

}  // namespace pugmark
