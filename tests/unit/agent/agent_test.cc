#include "agent/agent.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/unit/agent/fake_collector.h"
#include "tests/unit/agent/test_batches.h"

namespace pugmark {
namespace {

AgentConfig EphemeralConfig(const std::string& collector) {
  AgentConfig config;
  for (ProcessorConfig& processor : config.processors) {
    processor.address = {"127.0.0.1", 0};
  }
  config.http_address = {"127.0.0.1", 0};
  config.reporter.collectors = {collector};
  return config;
}

class Fixture {
 public:
  Fixture() {
    AdminConfig config;
    config.address = {"127.0.0.1", 0};
    auto started = AdminServer::Start(runtime, config, metrics);
    REQUIRE(started.ok());
    admin = *std::move(started);
  }
  Result<std::unique_ptr<Agent>> Start(const AgentConfig& config) {
    return Agent::Start(
        {runtime, metrics, *admin, stop.get_token(), [](int, const std::string&) {}}, config,
        {{"ZONE", "b"}});
  }

  testing::FakeCollector collector;
  Metrics metrics;
  IoRuntime runtime{2};
  std::unique_ptr<AdminServer> admin;
  std::stop_source stop;
};

}  // namespace

TEST_CASE("agent: every metric of Jaeger's agent is there from the start", "[agent]") {
  Fixture fixture;
  AddBuildInfo(fixture.metrics, "agent");
  const auto agent = fixture.Start(EphemeralConfig(fixture.collector.address()));
  REQUIRE(agent.ok());
  std::ifstream file(PUGMARK_TESTDATA "/golden/metrics.json");
  const auto recorded = nlohmann::json::parse(file)["agent v1.57"];
  REQUIRE(recorded.size() > 15);
  const std::string text = fixture.metrics.Serialize();
  for (const auto& [name, family] : recorded.items()) {
    CAPTURE(name);
    const std::string type = family["type"];
    CHECK(text.find("# TYPE " + name + " " + type + "\n") != std::string::npos);
    for (const std::string label : family["labels"]) {
      CAPTURE(label);
      const std::size_t series = text.find("\n" + name + (type == "histogram" ? "_count{" : "{"));
      REQUIRE(series != std::string::npos);
      CHECK(text.substr(series, text.find('\n', series + 1) - series).find(label + "=\"") !=
            std::string::npos);
    }
  }
  (*agent)->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(10));
}

TEST_CASE("agent: debug variables of Jaeger and of its own", "[agent]") {
  Fixture fixture;
  const auto agent = fixture.Start(EphemeralConfig(fixture.collector.address()));
  REQUIRE(agent.ok());
  fixture.admin->SetReady(true);
  const auto response = HttpFetch({"127.0.0.1", fixture.admin->port()}, "GET", "/debug/vars", "",
                                  {}, std::chrono::seconds(20));
  REQUIRE(response.ok());
  const auto variables = nlohmann::json::parse(response->body);
  CHECK(variables["gRPCTarget"] == fixture.collector.address());
  CHECK(variables["processor.jaeger-compact.server-queue-size"] == 1000);
  CHECK(variables["processor.jaeger-binary.workers"] == 10);
  CHECK(variables["processor.zipkin-compact.server-max-packet-size"] == 65'000);
  CHECK(variables["agent"]["reporter"]["heldBytes"] == 0);
  CHECK(variables["agent"]["jaeger-binary"]["queue"] == 0);
  fixture.admin->SetReady(false);
}

TEST_CASE("agent: a bad tag or target is a configuration error", "[agent]") {
  Fixture fixture;
  AgentConfig config = EphemeralConfig(fixture.collector.address());
  SECTION("tag") { config.tags = "zone"; }
  SECTION("target") { config.reporter.collectors = {"collector"}; }
  const auto agent = fixture.Start(config);
  REQUIRE_FALSE(agent.ok());
  CHECK(agent.error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("agent: a taken port is named", "[agent]") {
  Fixture fixture;
  testing::BlackHole taken;
  AgentConfig config = EphemeralConfig(fixture.collector.address());
  config.http_address.port =
      static_cast<std::uint16_t>(std::stoi(taken.address().substr(taken.address().find(':') + 1)));
  const auto agent = fixture.Start(config);
  REQUIRE_FALSE(agent.ok());
  CHECK(agent.error().code == ErrorCode::kUnavailable);
  CHECK(agent.error().message.find("http-server") != std::string::npos);
}

}  // namespace pugmark
