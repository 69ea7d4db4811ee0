#include "agent/receiver/udp_receiver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/unit/agent/fake_collector.h"
#include "tests/unit/agent/test_batches.h"

namespace pugmark {
namespace {

using testing::Eventually;
using testing::MakeDatagram;

class Sender {
 public:
  explicit Sender(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~Sender() { ::close(socket_); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  void Send(const std::string& datagram) const {
    REQUIRE(::send(socket_, datagram.data(), datagram.size(), 0) ==
            static_cast<ssize_t>(datagram.size()));
  }
  // Whether anything came back.
  [[nodiscard]] bool GotAnswer() const {
    char byte = 0;
    return ::recv(socket_, &byte, 1, MSG_DONTWAIT) >= 0;
  }

 private:
  int socket_;
};

ProcessorConfig LoopbackConfig(std::size_t index = 1) {
  ProcessorConfig config = AgentConfig::DefaultProcessors()[index];
  config.address = {"127.0.0.1", 0};
  return config;
}

// A receiver before a reporter and a fake collector.
class Fixture {
 public:
  explicit Fixture(const ProcessorConfig& processor, std::size_t max_queue_bytes = 1 << 24) {
    ReporterConfig config;
    config.collectors = {collector.address()};
    auto created = CollectorClient::Create(config, metrics);
    REQUIRE(created.ok());
    client = *std::move(created);
    reporter = std::make_unique<Reporter>(config, std::size_t{64} << 20, *client, metrics);
    auto started = UdpReceiver::Start(processor, max_queue_bytes, shared());
    REQUIRE(started.ok());
    receiver = *std::move(started);
    labels = "{model=\"" + processor.model + "\",protocol=\"" + processor.protocol + "\"}";
  }
  ~Fixture() { Stop(); }
  SharedParts shared() { return {tags, clients, *reporter, metrics}; }
  void Stop() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    receiver->Stop(deadline);
    reporter->Stop(deadline);
  }
  double udp(const std::string& name) {
    return testing::MetricValue(metrics, "jaeger_agent_thrift_udp_" + name + labels);
  }
  double kernel_drops() {
    return testing::MetricValue(metrics, "pugmark_agent_udp_kernel_drops_total" + labels);
  }

  testing::FakeCollector collector;
  Metrics metrics;
  const AgentTags tags;
  ClientStatistics clients{metrics};
  std::unique_ptr<CollectorClient> client;
  std::unique_ptr<Reporter> reporter;
  std::unique_ptr<UdpReceiver> receiver;
  std::string labels;
};

}  // namespace

TEST_CASE("udp receiver: spans of each port reach the collector", "[agent]") {
  const auto [index, protocol] =
      GENERATE(table<int, ThriftProtocol>({{0, ThriftProtocol::kCompact},
                                           {1, ThriftProtocol::kCompact},
                                           {2, ThriftProtocol::kBinary}}));
  CAPTURE(index);
  Fixture agent(LoopbackConfig(static_cast<std::size_t>(index)));
  const Sender sender(agent.receiver->port());
  for (std::uint64_t i = 0; i < 50; ++i) {
    sender.Send(MakeDatagram(protocol, "shop", 10, 10 * i + 1));
  }
  CHECK(Eventually([&] { return agent.collector.accepted_spans() == 500; }));
  CHECK(agent.udp("server_packets_processed_total") == 50);
  CHECK(agent.udp("server_packets_dropped_total") == 0);
  CHECK(agent.udp("server_read_errors_total") == 0);
  CHECK(agent.udp("server_packet_size") > 100);
  CHECK(agent.udp("server_queue_size") == 0);
  CHECK(agent.udp("t_processor_handler_errors_total") == 0);
  CHECK_FALSE(sender.GotAnswer());
}

TEST_CASE("udp receiver: a call is taken as well as a one-way message", "[agent]") {
  Fixture agent(LoopbackConfig());
  std::string datagram = MakeDatagram(ThriftProtocol::kCompact, "shop", 1);
  REQUIRE(static_cast<unsigned char>(datagram[1]) == 0x81);  // version 1, ONEWAY in the top bits
  datagram[1] = '\x21';                                      // the same, CALL
  const Sender sender(agent.receiver->port());
  sender.Send(datagram);
  CHECK(Eventually([&] { return agent.collector.accepted_spans() == 1; }));
  CHECK_FALSE(sender.GotAnswer());
}

TEST_CASE("udp receiver: what is too long, empty or garbage is counted", "[agent]") {
  ProcessorConfig config = LoopbackConfig();
  config.max_packet_bytes = 500;
  Fixture agent(config);
  const Sender sender(agent.receiver->port());
  sender.Send(MakeDatagram(ThriftProtocol::kCompact, "shop", 50));
  sender.Send("");
  sender.Send("garbage");
  sender.Send(MakeDatagram(ThriftProtocol::kCompact, "shop", 1));
  CHECK(Eventually([&] { return agent.collector.accepted_spans() == 1; }));
  CHECK(agent.udp("server_packets_processed_total") == 4);
  CHECK(agent.udp("t_processor_handler_errors_total") == 3);
  CHECK(testing::MetricValue(agent.metrics,
                             "pugmark_agent_datagrams_rejected_total{model=\"jaeger\",protocol="
                             "\"compact\",reason=\"too_long\"}") == 1);
}

TEST_CASE("udp receiver: with a full queue the reader decodes as well", "[agent]") {
  ProcessorConfig config = LoopbackConfig();
  config.workers = 1;
  std::size_t max_queue_bytes = 1 << 24;
  SECTION("by datagrams") { config.queue_size = 1; }
  SECTION("by bytes") { max_queue_bytes = 1'000; }
  Fixture agent(config, max_queue_bytes);
  const Sender sender(agent.receiver->port());
  constexpr int kSent = 500;
  const std::string datagram = MakeDatagram(ThriftProtocol::kCompact, "shop", 400);
  for (int i = 0; i < kSent; ++i) {
    sender.Send(datagram);
  }
  agent.receiver->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(20));
  const double processed = agent.udp("server_packets_processed_total");
  CHECK(processed + agent.udp("server_packets_dropped_total") == kSent);
  CHECK(testing::MetricSum(agent.metrics, "pugmark_agent_spans_received_total") == 400 * processed);
}

TEST_CASE("udp receiver: what the kernel drops is counted exactly", "[agent]") {
  ProcessorConfig config = LoopbackConfig();
  config.socket_buffer_bytes = 5'000;
  Fixture agent(config);
  const Sender sender(agent.receiver->port());
  const std::string datagram = MakeDatagram(ThriftProtocol::kCompact, "shop", 20);
  constexpr int kSent = 20'000;
  for (int i = 0; i < kSent; ++i) {
    sender.Send(datagram);
  }
  agent.receiver->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(20));
  CHECK(agent.kernel_drops() > 0);
  CHECK(agent.udp("server_packets_dropped_total") == agent.kernel_drops());
  CHECK(agent.udp("server_packets_processed_total") + agent.kernel_drops() == kSent);
}

TEST_CASE("udp receiver: stopping takes what has arrived", "[agent]") {
  Fixture agent(LoopbackConfig());
  const Sender sender(agent.receiver->port());
  for (std::uint64_t i = 0; i < 200; ++i) {
    sender.Send(MakeDatagram(ThriftProtocol::kCompact, "shop", 1, i + 1));
  }
  agent.Stop();
  CHECK(agent.collector.accepted_spans() + static_cast<std::size_t>(agent.kernel_drops()) == 200);
  CHECK(agent.udp("t_processor_close_time_count") == 1);
  agent.Stop();
}

TEST_CASE("udp receiver: a taken port is an error that names it", "[agent]") {
  Fixture agent(LoopbackConfig());
  ProcessorConfig config = LoopbackConfig(2);
  config.address.port = agent.receiver->port();
  const auto second = UdpReceiver::Start(config, 1 << 20, agent.shared());
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == ErrorCode::kUnavailable);
  CHECK(second.error().message.find("127.0.0.1:" + std::to_string(config.address.port)) !=
        std::string::npos);
  CHECK(second.error().message.find("in use") != std::string::npos);
  CHECK(second.error().message.find("--processor.jaeger-binary.server-host-port") !=
        std::string::npos);
}

TEST_CASE("udp receiver: all interfaces are bound by default", "[agent]") {
  ProcessorConfig config = LoopbackConfig();
  config.address.host.clear();
  Fixture agent(config);
  const Sender sender(agent.receiver->port());
  sender.Send(MakeDatagram(ThriftProtocol::kCompact, "shop", 1));
  CHECK(Eventually([&] { return agent.collector.accepted_spans() == 1; }));
}

}  // namespace pugmark
