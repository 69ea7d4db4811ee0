#include "agent/reporter/reporter.h"

#include <catch2/catch.hpp>
#include <optional>
#include <set>
#include <thread>

#include "tests/unit/agent/fake_collector.h"
#include "tests/unit/agent/test_batches.h"

namespace pugmark {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::BlackHole;
using testing::Eventually;
using testing::FakeCollector;
using testing::MakeBatch;
using testing::Verdict;

// Codes of gRPC.
constexpr int kInvalidArgument = 3;
constexpr int kResourceExhausted = 8;
constexpr int kUnavailable = 14;

ReporterConfig QuickConfig(std::vector<std::string> collectors) {
  ReporterConfig config;
  config.collectors = std::move(collectors);
  config.first_backoff = milliseconds(1);
  config.linger = milliseconds(1);
  return config;
}

// A reporter with its client and metrics.
class Fixture {
 public:
  explicit Fixture(const ReporterConfig& config) {
    auto created = CollectorClient::Create(config, metrics);
    REQUIRE(created.ok());
    client = *std::move(created);
    reporter.emplace(config, std::size_t{64} << 20, *client, metrics);
  }

  void Report(const std::string& service, std::size_t spans, std::uint64_t first_id = 1) {
    reporter->Report(*MakeBatch(service, spans, first_id));
  }
  void Stop(seconds limit = seconds(20)) {
    reporter->Stop(std::chrono::steady_clock::now() + limit);
  }
  double sent() {
    return testing::MetricSum(metrics, "jaeger_agent_reporter_spans_submitted_total");
  }
  double failed() {
    return testing::MetricSum(metrics, "jaeger_agent_reporter_spans_failures_total");
  }
  double received() { return testing::MetricSum(metrics, "pugmark_agent_spans_received_total"); }
  double dropped(const std::string& reason) {
    return testing::MetricValue(metrics,
                                "pugmark_agent_spans_dropped_total{reason=\"" + reason + "\"}");
  }
  // Call it after Stop.
  void CheckAccounts() {
    CHECK(received() == sent() + failed());
    CHECK(failed() == testing::MetricSum(metrics, "pugmark_agent_spans_dropped_total"));
  }

  Metrics metrics;
  std::unique_ptr<CollectorClient> client;
  std::optional<Reporter> reporter;
};

std::multiset<std::string> SpanIds(const FakeCollector& collector) {
  std::multiset<std::string> ids;
  for (const auto& request : collector.accepted()) {
    for (const auto& span : request.batch().spans()) {
      ids.insert(span.span_id());
    }
  }
  return ids;
}

}  // namespace

TEST_CASE("reporter: spans arrive as they were given, with their process", "[agent]") {
  FakeCollector collector;
  Fixture agent(QuickConfig({collector.address()}));
  agent.Report("shop", 3);
  agent.Stop();
  const auto requests = collector.accepted();
  REQUIRE(requests.size() == 1);
  const auto& batch = requests[0].batch();
  CHECK(batch.process().service_name() == "shop");
  REQUIRE(batch.process().tags_size() == 1);
  CHECK(batch.process().tags(0).key() == "hostname");
  REQUIRE(batch.spans_size() == 3);
  CHECK(batch.spans(2).operation_name() == "op-2");
  CHECK(batch.spans(2).duration().nanos() == 1'000'000);
  CHECK_FALSE(batch.spans(2).has_process());
  CHECK(agent.sent() == 3);
  CHECK(testing::MetricValue(agent.metrics,
                             "jaeger_agent_reporter_batches_submitted_total{"
                             "format=\"jaeger\",protocol=\"grpc\"}") == 1);
  CHECK(testing::MetricValue(
            agent.metrics,
            "jaeger_agent_reporter_batch_size{format=\"jaeger\",protocol=\"grpc\"}") == 3);
  agent.CheckAccounts();
}

TEST_CASE("reporter: batches of one process travel together, others apart", "[agent]") {
  FakeCollector collector;
  ReporterConfig config = QuickConfig({collector.address()});
  config.linger = seconds(3600);
  Fixture agent(config);
  for (std::uint64_t i = 0; i < 10; ++i) {
    agent.Report("shop", 5, 100 * i);
    agent.Report("cart", 1, 100 * i + 50);
  }
  CHECK(collector.calls() == 0);
  agent.Stop();
  CHECK(collector.accepted().size() == 2);
  CHECK(collector.accepted_spans() == 60);
  CHECK(SpanIds(collector).size() == 60);
  CHECK(testing::MetricSum(agent.metrics, "jaeger_agent_reporter_batches_submitted_total") == 20);
  agent.CheckAccounts();
}

TEST_CASE("reporter: a full message does not wait", "[agent]") {
  FakeCollector collector;
  ReporterConfig config = QuickConfig({collector.address()});
  config.linger = seconds(3600);
  Fixture agent(config);
  for (int i = 0; i < 8; ++i) {
    agent.Report("shop", 100);
  }
  CHECK(Eventually([&] { return collector.accepted_spans() == 600; }));
  agent.Stop();
  CHECK(collector.accepted_spans() == 800);
}

TEST_CASE("reporter: retryable failures are tried again, with bounds", "[agent]") {
  const auto [name, code, failures, calls, sent, reason] =
      GENERATE(table<std::string, int, int, int, int, std::string>({
          {"once unavailable", kUnavailable, 1, 2, 4, "unavailable"},
          {"busy twice", kResourceExhausted, 2, 3, 4, "refused"},
          {"always busy", kResourceExhausted, 99, 3, 0, "refused"},
          {"always unavailable", kUnavailable, 99, 3, 0, "unavailable"},
          {"refused for good", kInvalidArgument, 99, 1, 0, "rejected"},
      }));
  CAPTURE(name);
  FakeCollector collector;
  const int failing = failures;
  const int status = code;
  collector.AnswerWith([=](int call) { return Verdict{call < failing ? status : 0, "no"}; });
  Fixture agent(QuickConfig({collector.address()}));
  agent.Report("shop", 4);
  agent.Stop();
  CHECK(collector.calls() == calls);
  CHECK(agent.sent() == sent);
  CHECK(agent.dropped(reason) == 4 - sent);
  agent.CheckAccounts();
}

TEST_CASE("reporter: without retries a message is tried once", "[agent]") {
  FakeCollector collector;
  collector.AnswerWith([](int) { return Verdict{kUnavailable, "no"}; });
  ReporterConfig config = QuickConfig({collector.address()});
  config.attempts = 0;
  Fixture agent(config);
  agent.Report("shop", 4);
  agent.Stop();
  CHECK(collector.calls() == 1);
  agent.CheckAccounts();
}

TEST_CASE("reporter: a collector that does not answer is a time-out", "[agent]") {
  FakeCollector collector;
  collector.HoldCalls();
  ReporterConfig config = QuickConfig({collector.address()});
  config.call_timeout = milliseconds(50);
  config.attempts = 2;
  Fixture agent(config);
  agent.Report("shop", 4);
  agent.Stop();
  CHECK(agent.dropped("timeout") == 4);
  collector.Release();
  agent.CheckAccounts();
}

TEST_CASE("reporter: spans wait for a collector, but not forever", "[agent]") {
  ReporterConfig config = QuickConfig({});
  config.connect_wait = milliseconds(100);
  SECTION("nobody listens") {
    config.collectors = {"127.0.0.1:" + std::to_string(testing::FreeTcpPort())};
    Fixture agent(config);
    agent.Report("shop", 4);
    CHECK(Eventually([&] { return agent.dropped("unavailable") == 4; }));
    agent.Stop();
    agent.CheckAccounts();
  }
  SECTION("somebody listens and says nothing") {
    BlackHole hole;
    config.collectors = {hole.address()};
    Fixture agent(config);
    agent.Report("shop", 4);
    CHECK(Eventually([&] { return agent.dropped("unavailable") == 4; }));
    agent.Stop();
    agent.CheckAccounts();
  }
}

TEST_CASE("reporter: a collector that comes late or comes back gets everything", "[agent]") {
  const std::uint16_t port = testing::FreeTcpPort();
  Fixture agent(QuickConfig({"127.0.0.1:" + std::to_string(port)}));
  agent.Report("early", 2);
  std::size_t first_got = 0;
  {
    FakeCollector first(port);
    REQUIRE(Eventually([&] { return first.accepted_spans() == 2; }));
    first_got = first.accepted_spans();
    CHECK(Eventually([&] {
      agent.client->CheckConnections();
      return testing::MetricValue(agent.metrics,
                                  "jaeger_agent_connection_status_collector_"
                                  "connected{protocol=\"grpc\"}") == 1;
    }));
  }
  CHECK(Eventually([&] {
    agent.client->CheckConnections();
    return testing::MetricValue(agent.metrics,
                                "jaeger_agent_connection_status_collector_"
                                "connected{protocol=\"grpc\"}") == 0;
  }));
  agent.Report("between", 3);
  FakeCollector second(port);
  CHECK(Eventually([&] { return second.accepted_spans() == 3; }));
  agent.Stop();
  CHECK(agent.sent() == static_cast<double>(first_got + second.accepted_spans()));
  CHECK(testing::MetricValue(agent.metrics,
                             "jaeger_agent_connection_status_collector_reconnects_total{"
                             "protocol=\"grpc\"}") == 2);
  agent.CheckAccounts();
}

TEST_CASE("reporter: several collectors take turns", "[agent]") {
  FakeCollector a;
  FakeCollector b;
  Fixture agent(QuickConfig({a.address(), b.address()}));
  REQUIRE(Eventually([&] {
    std::set<std::size_t> picked;
    for (int i = 0; i < 4; ++i) {
      picked.insert(agent.client->PickConnected().value_or(99));
    }
    return picked == std::set<std::size_t>{0, 1};
  }));
  for (int i = 0; i < 20; ++i) {
    agent.Report("shop-" + std::to_string(i), 1);
  }
  agent.Stop();
  CHECK(a.accepted_spans() + b.accepted_spans() == 20);
  CHECK(a.accepted_spans() > 0);
  CHECK(b.accepted_spans() > 0);
}

TEST_CASE("reporter: a retry goes to another collector", "[agent]") {
  FakeCollector good;
  FakeCollector bad;
  bad.AnswerWith([](int) { return Verdict{kUnavailable, "store is away"}; });
  Fixture agent(QuickConfig({bad.address(), good.address()}));
  REQUIRE(Eventually([&] {
    return agent.client->PickConnected(0) == std::optional(std::size_t{1}) &&
           agent.client->PickConnected(1) == std::optional(std::size_t{0});
  }));
  for (int i = 0; i < 20; ++i) {
    agent.Report("shop-" + std::to_string(i), 1);
  }
  agent.Stop();
  CHECK(good.accepted_spans() == 20);
  CHECK(bad.calls() > 0);
  agent.CheckAccounts();
}

TEST_CASE("reporter: the other collector takes over when one dies", "[agent]") {
  FakeCollector good;
  auto dying = std::make_unique<FakeCollector>();
  Fixture agent(QuickConfig({dying->address(), good.address()}));
  std::uint64_t id = 1;
  for (; id <= 20; ++id) {
    agent.Report("shop-" + std::to_string(id), 1, id);
  }
  REQUIRE(Eventually([&] { return agent.sent() == 20; }));
  const std::size_t before = dying->accepted_spans();
  dying.reset();
  for (; id <= 60; ++id) {
    agent.Report("shop-" + std::to_string(id), 1, id);
  }
  agent.Stop();
  CHECK(good.accepted_spans() + before == 60);
  CHECK(agent.sent() == 60);
  agent.CheckAccounts();
}

TEST_CASE("reporter: what it holds is bounded, and the rest is counted", "[agent]") {
  FakeCollector collector;
  collector.HoldCalls();
  ReporterConfig config = QuickConfig({collector.address()});
  config.max_backlog_bytes = 100'000;
  Fixture agent(config);
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    agent.Report("shop", 10, 10 * i);
  }
  const double dropped = agent.dropped("backlog_full");
  CHECK(dropped > 0);
  CHECK(dropped < 10'000);
  CHECK(testing::MetricValue(agent.metrics,
                             "jaeger_agent_reporter_batches_failures_total{"
                             "format=\"jaeger\",protocol=\"grpc\"}") == dropped / 10);
  collector.Release();
  agent.Stop();
  CHECK(static_cast<double>(collector.accepted_spans()) == 10'000 - dropped);
  agent.CheckAccounts();
}

TEST_CASE("reporter: stopping ends by the deadline and counts what is lost", "[agent]") {
  SECTION("the collector hangs") {
    FakeCollector collector;
    collector.HoldCalls();
    Fixture agent(QuickConfig({collector.address()}));
    for (int i = 0; i < 30; ++i) {
      agent.Report("shop-" + std::to_string(i), 2);
    }
    REQUIRE(Eventually([&] { return collector.calls() >= 8; }));
    agent.Stop(seconds(0));
    CHECK(agent.dropped("shutdown") == 60);
    collector.Release();
    agent.CheckAccounts();
  }
  SECTION("spans that come later") {
    FakeCollector collector;
    Fixture agent(QuickConfig({collector.address()}));
    agent.Stop();
    agent.Report("late", 2);
    agent.Stop();
    CHECK(agent.dropped("shutdown") == 2);
    agent.CheckAccounts();
  }
}

TEST_CASE("reporter: a huge reply is refused", "[agent]") {
  FakeCollector collector;
  collector.PadReplies(100'000);
  Fixture agent(QuickConfig({collector.address()}));
  agent.Report("shop", 2);
  agent.Stop();
  CHECK(agent.dropped("refused") == 2);
  agent.CheckAccounts();
}

TEST_CASE("reporter: many threads report at once", "[agent]") {
  FakeCollector collector;
  collector.AnswerWith([](int call) {
    return Verdict{call % 7 == 3 ? kUnavailable : 0, "now and then"};
  });
  ReporterConfig config = QuickConfig({collector.address()});
  config.attempts = 20;
  Fixture agent(config);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&agent, t] {
        for (std::uint64_t i = 0; i < 200; ++i) {
          agent.Report("shop-" + std::to_string(i % 3), 10, (t * 200 + i) * 10 + 1);
        }
      });
    }
  }
  agent.Stop();
  const auto ids = SpanIds(collector);
  CHECK(ids.size() == 8'000);
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 8'000);
  CHECK(agent.sent() == 8'000);
  agent.CheckAccounts();
}

}  // namespace pugmark
