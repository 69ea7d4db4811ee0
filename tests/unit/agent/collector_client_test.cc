#include "agent/reporter/collector_client.h"

#include <catch2/catch.hpp>
#include <future>

#include "tests/unit/agent/fake_collector.h"
#include "tests/unit/agent/test_batches.h"

namespace pugmark {
namespace {

using testing::Eventually;
using testing::FakeCollector;

constexpr char kPostSpans[] = "/jaeger.api_v2.CollectorService/PostSpans";

std::unique_ptr<CollectorClient> Connect(std::vector<std::string> collectors, Metrics& metrics) {
  ReporterConfig config;
  config.collectors = std::move(collectors);
  auto client = CollectorClient::Create(config, metrics);
  REQUIRE(client.ok());
  return *std::move(client);
}

Result<std::string> CallAndWait(CollectorClient& client, std::chrono::milliseconds timeout) {
  std::promise<Result<std::string>> promise;
  client.Call(client.Pick(), kPostSpans, {std::make_shared<const std::string>()}, timeout,
              [&](Result<std::string> reply) { promise.set_value(std::move(reply)); });
  return promise.get_future().get();
}

}  // namespace

TEST_CASE("collector client: targets are dialled as given or refused", "[agent]") {
  const auto [value, ok] = GENERATE(table<std::string, bool>({
      {"localhost:14250", true},
      {"14250", true},
      {":14250", true},
      {"[::1]:14250", true},
      {"dns:///collector.tracing.svc:14250", true},
      {"passthrough:///collector:14250", true},
      {"unix:/run/collector.sock", true},
      {"collector", false},
      {"collector:", false},
      {"collector:0", false},
      {"collector:99999", false},
      {"tcp://10.0.0.1:14250", false},
      {"", false},
  }));
  CAPTURE(value);
  Metrics metrics;
  ReporterConfig config;
  config.collectors = {value};
  CHECK(CollectorClient::Create(config, metrics).ok() == ok);
}

TEST_CASE("collector client: a name of gRPC's own stands alone", "[agent]") {
  Metrics metrics;
  ReporterConfig config;
  config.collectors = {"dns:///a:1", "b:2"};
  const auto client = CollectorClient::Create(config, metrics);
  REQUIRE_FALSE(client.ok());
  CHECK(client.error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("collector client: a scheme of gRPC reaches the collector", "[agent]") {
  FakeCollector collector;
  Metrics metrics;
  const auto client = Connect({"dns:///" + collector.address()}, metrics);
  CHECK(client->target() == "dns:///" + collector.address());
  REQUIRE(Eventually([&] { return client->PickConnected().has_value(); }));
  CHECK(CallAndWait(*client, std::chrono::seconds(10)).ok());
}

TEST_CASE("collector client: without a connection a call fails at once", "[agent]") {
  Metrics metrics;
  const auto client = Connect({"127.0.0.1:" + std::to_string(testing::FreeTcpPort())}, metrics);
  const auto reply = CallAndWait(*client, std::chrono::hours(1));
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().code == ErrorCode::kUnavailable);
  CHECK_FALSE(client->PickConnected().has_value());
}

TEST_CASE("collector client: stopping cancels, and later calls fail", "[agent]") {
  FakeCollector collector;
  collector.HoldCalls();
  Metrics metrics;
  const auto client = Connect({collector.address()}, metrics);
  std::promise<Result<std::string>> promise;
  client->Call(0, kPostSpans, {std::make_shared<const std::string>()}, std::chrono::hours(1),
               [&](Result<std::string> reply) { promise.set_value(std::move(reply)); });
  REQUIRE(Eventually([&] { return collector.calls() == 1; }));
  client->Stop();
  const auto reply = promise.get_future().get();
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().code == ErrorCode::kCancelled);
  const auto late = CallAndWait(*client, std::chrono::hours(1));
  REQUIRE_FALSE(late.ok());
  CHECK(late.error().code == ErrorCode::kCancelled);
  client->Stop();
  collector.Release();
}

TEST_CASE("collector client: over TLS the collector must be whom it is taken for", "[agent]") {
  const auto [name, ca, server_name, skip, connects] =
      GENERATE(table<std::string, std::string, std::string, bool, bool>({
          {"right authority and name", "ca.pem", "collector.example", false, true},
          {"another name", "ca.pem", "", false, false},
          {"unknown authority", "", "collector.example", false, false},
          {"anybody will do", "", "", true, true},
      }));
  CAPTURE(name);
  FakeCollector collector(0, /*tls=*/true);
  ReporterConfig config;
  config.collectors = {collector.address()};
  config.tls.enabled = true;
  config.tls.ca = ca.empty() ? "" : PUGMARK_TESTDATA "/tls/" + ca;
  config.tls.server_name = server_name;
  config.tls.skip_host_verify = skip;
  Metrics metrics;
  const auto client = CollectorClient::Create(config, metrics);
  REQUIRE(client.ok());
  if (connects) {
    REQUIRE(Eventually([&] { return (*client)->PickConnected().has_value(); }));
  }
  CHECK(CallAndWait(**client, std::chrono::seconds(20)).ok() == connects);
  CHECK((collector.calls() == 1) == connects);
}

TEST_CASE("collector client: a certificate that cannot be read is named", "[agent]") {
  ReporterConfig config;
  config.collectors = {"localhost:1"};
  config.tls.enabled = true;
  config.tls.ca = "/nowhere/ca.pem";
  Metrics metrics;
  const auto client = CollectorClient::Create(config, metrics);
  REQUIRE_FALSE(client.ok());
  CHECK(client.error().code == ErrorCode::kInvalidArgument);
  CHECK(client.error().message.starts_with("--reporter.grpc.tls.ca: cannot read /nowhere/ca.pem"));
}

}  // namespace pugmark
