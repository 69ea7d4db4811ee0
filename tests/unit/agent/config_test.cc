#include "agent/config.h"

#include <catch2/catch.hpp>

namespace pugmark {
namespace {

Status Load(AgentConfig& config, const std::vector<std::string>& arguments,
            bool all_in_one = false) {
  OptionSet options;
  config.RegisterOptions(options, all_in_one);
  return options.Load(arguments, {});
}

}  // namespace

TEST_CASE("agent config: Jaeger's defaults", "[agent]") {
  AgentConfig config;
  REQUIRE(Load(config, {"--reporter.grpc.host-port=a:1"}).ok());
  CHECK(config.Validate().ok());
  CHECK(config.http_address.ToString() == ":5778");
  CHECK(config.processors[0].name == "zipkin-compact");
  CHECK(config.processors[0].address.ToString() == ":5775");
  CHECK(config.processors[1].address.ToString() == ":6831");
  CHECK(config.processors[2].name == "jaeger-binary");
  CHECK(config.processors[2].address.ToString() == ":6832");
  CHECK(config.processors[2].thrift == ThriftProtocol::kBinary);
  CHECK(config.processors[2].queue_size == 1000);
  CHECK(config.processors[2].workers == 10);
  CHECK(config.processors[2].max_packet_bytes == 65'000);
  CHECK(config.reporter.attempts == 3);
}

TEST_CASE("agent config: options reach their processor", "[agent]") {
  AgentConfig config;
  REQUIRE(
      Load(config,
           {"--processor.jaeger-compact.server-host-port=127.0.0.1:1",
            "--processor.jaeger-compact.workers=3", "--processor.jaeger-binary.server-queue-size=7",
            "--reporter.grpc.host-port=a:1,b:2", "--reporter.grpc.retry.max=5", "--agent.tags=a=b"})
          .ok());
  CHECK(config.processors[1].address.ToString() == "127.0.0.1:1");
  CHECK(config.processors[1].workers == 3);
  CHECK(config.processors[2].queue_size == 7);
  CHECK(config.reporter.collectors == std::vector<std::string>{"a:1", "b:2"});
  CHECK(config.reporter.attempts == 5);
  CHECK(config.tags == "a=b");
}

TEST_CASE("agent config: bad values name their option", "[agent]") {
  AgentConfig config;
  config.reporter.collectors = {"a:1"};
  SECTION("negative") {
    config.processors[1].workers = -1;
    REQUIRE_FALSE(config.Validate().ok());
    CHECK(config.Validate().error().message.starts_with("--processor.jaeger-compact.workers: "));
  }
  SECTION("TLS options without TLS, in Jaeger's words") {
    config.reporter.tls.ca = "ca.pem";
    REQUIRE_FALSE(config.Validate().ok());
    CHECK(config.Validate().error().message ==
          "reporter.grpc.tls.* options cannot be used when reporter.grpc.tls.enabled is false");
  }
  SECTION("a certificate without its key") {
    config.reporter.tls.enabled = true;
    config.reporter.tls.cert = "cert.pem";
    REQUIRE_FALSE(config.Validate().ok());
    CHECK(config.Validate().error().message.starts_with("--reporter.grpc.tls.cert"));
  }
  SECTION("reporter type") {
    config.reporter.type = "tchannel";
    REQUIRE_FALSE(config.Validate().ok());
    CHECK(config.Validate().error().message == "--reporter.type: want grpc, got tchannel");
  }
  SECTION("no collector, in Jaeger's words") {
    config.reporter.collectors.clear();
    REQUIRE_FALSE(config.Validate().ok());
    CHECK(config.Validate().error().code == ErrorCode::kInvalidArgument);
    CHECK(config.Validate().error().message ==
          "at least one collector hostPort address is required when resolver is not available");
  }
}

TEST_CASE("agent config: the all-in-one has no agent.tags", "[agent]") {
  AgentConfig config;
  CHECK_FALSE(Load(config, {"--agent.tags=a=b"}, true).ok());
  CHECK(Load(config, {"--processor.jaeger-binary.workers=2"}, true).ok());
}

}  // namespace pugmark
