#include "agent/receiver/datagram_decoder.h"

#include <catch2/catch.hpp>

#include "tests/unit/agent/fake_collector.h"
#include "tests/unit/agent/test_batches.h"

namespace pugmark {
namespace {

using testing::MakeDatagram;

// Everything up to a fake collector.
class Fixture {
 public:
  explicit Fixture(ThriftProtocol protocol, AgentTags agent_tags = {})
      : tags(std::move(agent_tags)) {
    ReporterConfig config;
    config.collectors = {collector.address()};
    auto created = CollectorClient::Create(config, metrics);
    REQUIRE(created.ok());
    client = *std::move(created);
    reporter = std::make_unique<Reporter>(config, std::size_t{1} << 20, *client, metrics);
    decoder =
        std::make_unique<DatagramDecoder>(protocol, SharedParts{tags, clients, *reporter, metrics},
                                          Labels{{"model", "jaeger"}, {"protocol", "compact"}});
  }
  double handler_errors() {
    return testing::MetricValue(metrics,
                                "jaeger_agent_thrift_udp_t_processor_handler_errors_total{"
                                "model=\"jaeger\",protocol=\"compact\"}");
  }
  double rejected(const std::string& reason) {
    return testing::MetricValue(metrics,
                                "pugmark_agent_datagrams_rejected_total{model=\"jaeger\","
                                "protocol=\"compact\",reason=\"" +
                                    reason + "\"}");
  }
  void Stop() { reporter->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(20)); }

  testing::FakeCollector collector;
  Metrics metrics;
  const AgentTags tags;
  ClientStatistics clients{metrics};
  std::unique_ptr<CollectorClient> client;
  std::unique_ptr<Reporter> reporter;
  std::unique_ptr<DatagramDecoder> decoder;
};

}  // namespace

TEST_CASE("datagram decoder: agent.tags follow the process's own tags", "[agent]") {
  Fixture agent(ThriftProtocol::kCompact, {{"zone", "b"}, {"hostname", "again"}});
  agent.decoder->Decode(MakeDatagram(ThriftProtocol::kCompact, "shop", 2));
  agent.Stop();
  const auto requests = agent.collector.accepted();
  REQUIRE(requests.size() == 1);
  const auto& process = requests[0].batch().process();
  REQUIRE(process.tags_size() == 3);
  CHECK(process.tags(0).key() == "hostname");
  CHECK(process.tags(0).v_str() == "test");
  CHECK(process.tags(1).key() == "zone");
  CHECK(process.tags(1).v_str() == "b");
  CHECK(process.tags(2).key() == "hostname");
  CHECK(process.tags(2).v_str() == "again");
}

TEST_CASE("datagram decoder: bad datagrams are counted by reason", "[agent]") {
  const std::string good = MakeDatagram(ThriftProtocol::kCompact, "shop", 1);
  const auto [name, datagram, reason] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"nothing", "", "truncated"},
      {"cut", good.substr(0, good.size() - 3), "truncated"},
      {"garbage", "hello, agent", "malformed"},
      {"binary on the compact port", MakeDatagram(ThriftProtocol::kBinary, "shop", 1), "malformed"},
      // A message emitBatch without arguments.
      {"no batch",
       std::string("\x82\x81\x00\x09"
                   "emitBatch\x00",
                   14),
       "malformed"},
      {"another method",
       std::string("\x82\x81\x00\x04"
                   "ping\x00",
                   9),
       "unknown_method"},
      {"no span", MakeDatagram(ThriftProtocol::kCompact, "shop", 0), "empty"},
  }));
  CAPTURE(name);
  Fixture agent(ThriftProtocol::kCompact);
  CHECK(agent.rejected(reason) == 0);
  agent.decoder->Decode(datagram);
  CHECK(agent.rejected(reason) == 1);
  CHECK(agent.handler_errors() == 1);
  agent.Stop();
  CHECK(agent.collector.calls() == 0);
}

TEST_CASE("datagram decoder: every truncation is survived", "[agent]") {
  const std::string good = MakeDatagram(ThriftProtocol::kCompact, "shop", 2);
  Fixture agent(ThriftProtocol::kCompact, {{"zone", "b"}});
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    agent.decoder->Decode(good.substr(0, cut));
  }
  CHECK(agent.handler_errors() == static_cast<double>(good.size()));
  agent.Stop();
  CHECK(agent.collector.accepted_spans() == 0);
}

}  // namespace pugmark
