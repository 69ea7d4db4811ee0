#include "agent/receiver/client_statistics.h"

#include <catch2/catch.hpp>

#include "tests/unit/agent/test_batches.h"

namespace pugmark {
namespace {

using SteadyClock = ClientStatistics::SteadyClock;
const SteadyClock::time_point kStart = SteadyClock::time_point() + std::chrono::hours(100);

ThriftBatchInfo Info(std::int64_t seq_no, std::int64_t full_queue = 0, std::int64_t too_large = 0,
                     std::int64_t failed = 0) {
  ThriftBatchInfo info;
  info.has_seq_no = true;
  info.seq_no = seq_no;
  info.has_stats = true;
  info.stats = {full_queue, too_large, failed};
  return info;
}

std::unique_ptr<SpanBatch> BatchOf(const std::string& uuid) {
  auto batch = testing::MakeBatch("shop", 1);
  AppendAttribute(batch->arena(), batch->resources().front().attributes,
                  {"client-uuid", Value::String(batch->Intern(uuid))});
  return batch;
}

class Fixture {
 public:
  void Update(const std::string& uuid, const ThriftBatchInfo& info,
              SteadyClock::time_point now = kStart) {
    statistics.Update(*BatchOf(uuid), info, now);
  }
  double value(const std::string& name) {
    return metrics.AddCounter("jaeger_agent_client_stats_" + name, "").Value();
  }
  double dropped(const std::string& cause) {
    return metrics
        .AddCounter("jaeger_agent_client_stats_spans_dropped_total", "", {{"cause", cause}})
        .Value();
  }
  double clients(SteadyClock::time_point now = kStart) {
    statistics.Refresh(now);
    return metrics.AddGauge("jaeger_agent_client_stats_connected_clients", "").Value();
  }

  Metrics metrics;
  ClientStatistics statistics{metrics};
};

}  // namespace

TEST_CASE("client statistics: growth since the last batch is counted, per client", "[agent]") {
  Fixture f;
  f.Update("a", Info(10, 100, 200, 300));
  CHECK(f.value("batches_received_total") == 1);
  CHECK(f.value("batches_sent_total") == 0);
  CHECK(f.dropped("full-queue") == 0);
  f.Update("a", Info(13, 101, 202, 303));
  f.Update("b", Info(1000, 5, 5, 5));
  CHECK(f.value("batches_received_total") == 3);
  CHECK(f.value("batches_sent_total") == 3);
  CHECK(f.dropped("full-queue") == 1);
  CHECK(f.dropped("too-large") == 2);
  CHECK(f.dropped("send-failure") == 3);
  CHECK(f.clients() == 2);
}

TEST_CASE("client statistics: a batch that was overtaken is received and no more", "[agent]") {
  Fixture f;
  f.Update("a", Info(10));
  f.Update("a", Info(12, 7));
  f.Update("a", Info(11, 3));
  f.Update("a", Info(12, 9));
  CHECK(f.value("batches_received_total") == 4);
  CHECK(f.value("batches_sent_total") == 2);
  CHECK(f.dropped("full-queue") == 7);
}

TEST_CASE("client statistics: a client without statistics keeps its last ones", "[agent]") {
  Fixture f;
  f.Update("a", Info(1, 5));
  ThriftBatchInfo bare = Info(2);
  bare.has_stats = false;
  f.Update("a", bare);
  f.Update("a", Info(3, 6));
  CHECK(f.value("batches_sent_total") == 2);
  CHECK(f.dropped("full-queue") == 1);
}

TEST_CASE("client statistics: counters that go back count nothing", "[agent]") {
  Fixture f;
  f.Update("a", Info(1, 50));
  f.Update("a", Info(2, 3));
  f.Update("a", Info(3, 4));
  CHECK(f.dropped("full-queue") == 1);
}

TEST_CASE("client statistics: only numbered batches of named clients take part", "[agent]") {
  Fixture f;
  ThriftBatchInfo unnumbered = Info(5);
  unnumbered.has_seq_no = false;
  f.Update("a", unnumbered);
  f.Update("", Info(5));
  f.statistics.Update(*testing::MakeBatch("shop", 1), Info(5), kStart);
  auto numeric = testing::MakeBatch("shop", 1);
  AppendAttribute(numeric->arena(), numeric->resources().front().attributes,
                  {"client-uuid", Value::Int(7)});
  f.statistics.Update(*numeric, Info(5), kStart);
  CHECK(f.value("batches_received_total") == 0);
  CHECK(f.clients() == 0);
}

TEST_CASE("client statistics: idle clients are forgotten", "[agent]") {
  Fixture f;
  f.Update("a", Info(1), kStart);
  f.Update("b", Info(1), kStart + std::chrono::minutes(50));
  CHECK(f.clients(kStart + std::chrono::minutes(59)) == 2);
  CHECK(f.clients(kStart + std::chrono::minutes(61)) == 1);
  f.Update("a", Info(900), kStart + std::chrono::minutes(62));
  CHECK(f.value("batches_sent_total") == 0);
}

TEST_CASE("client statistics: invented clients are bounded", "[agent]") {
  Fixture f;
  for (std::size_t i = 0; i < ClientStatistics::kMostClients + 100; ++i) {
    f.Update("client-" + std::to_string(i), Info(1));
  }
  CHECK(f.clients() == ClientStatistics::kMostClients);
}

}  // namespace pugmark
