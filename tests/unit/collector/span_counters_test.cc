#include "collector/pipeline/span_counters.h"

#include <catch2/catch.hpp>
#include <thread>

#include "collector/pipeline/service_table.h"
#include "collector_support.h"

namespace pugmark {
namespace {

TEST_CASE("span counters: received spans and traces have Jaeger's labels", "[collector]") {
  Metrics metrics;
  SpanCounters counters(metrics);
  TestSpan root;
  root.service = "Shop/One";
  root.sampler_type = "const";
  TestSpan child = root;
  child.parent_span_id = 1;
  TestSpan debug_root = root;
  debug_root.flags = 3;
  debug_root.sampler_type = "something new";
  TestSpan nameless;
  nameless.service = "";
  const auto batch = MakeBatch({root, child, debug_root, nameless});
  counters.AddReceived(*batch);
  counters.AddReceived(*batch);

  const auto spans = [&](std::initializer_list<std::string_view> labels) {
    return MetricValue(metrics, "jaeger_collector_spans_received_total", labels);
  };
  CHECK(spans({}) == 8);
  CHECK(spans({R"(svc="shop_one")", R"(format="jaeger")", R"(transport="http")",
               R"(debug="false")"}) == 4);
  CHECK(spans({R"(svc="shop_one")", R"(debug="true")"}) == 2);
  CHECK(spans({R"(svc="__unknown")"}) == 2);
  const auto traces = [&](std::initializer_list<std::string_view> labels) {
    return MetricValue(metrics, "jaeger_collector_traces_received_total", labels);
  };
  CHECK(traces({}) == 6);
  CHECK(traces({R"(sampler_type="const")", R"(debug="false")", R"(svc="shop_one")"}) == 2);
  CHECK(traces({R"(sampler_type="unrecognized")", R"(debug="true")"}) == 2);
}

TEST_CASE("span counters: OTLP's flags are no debug flags", "[collector]") {
  Metrics metrics;
  SpanCounters counters(metrics);
  TestSpan span;
  span.flags = 0x302;
  counters.AddReceived(*MakeBatch({span}, SourceFormat::kOtlp, InboundTransport::kGrpc));
  CHECK(MetricValue(metrics, "jaeger_collector_spans_received_total",
                    {R"(debug="false")", R"(format="otlp")", R"(transport="grpc")"}) == 1);
}

TEST_CASE("span counters: a write that kept some spans counts exactly as many", "[collector]") {
  Metrics metrics;
  SpanCounters counters(metrics);
  TestSpan a;
  TestSpan debug = a;
  debug.flags = 3;
  TestSpan b;
  b.service = "cart";
  const auto batch = MakeBatch({a, a, debug, b, a});
  const auto tallies = counters.TallySaved(*batch);
  CHECK(tallies.size() == 2);
  CHECK(counters.services() == 2);
  const std::size_t stored = GENERATE(range(0, 6));
  CAPTURE(stored);
  counters.AddSaved(tallies, stored);
  const auto saved = [&](std::string_view result) {
    return MetricValue(metrics, "jaeger_collector_spans_saved_by_svc_total", {result});
  };
  const auto traces = [&](std::string_view result) {
    return MetricValue(metrics, "jaeger_collector_traces_saved_by_svc_total", {result});
  };
  CHECK(saved(R"(result="ok")") == static_cast<double>(stored));
  CHECK(saved(R"(result="err")") == 5 - static_cast<double>(stored));
  CHECK(traces(R"(result="ok")") + traces(R"(result="err")") == 5);
}

struct NamedEntry {
  std::string service;
  unsigned variant;
};

auto MakeNamedEntry() {
  return [](std::string_view service, unsigned variant, bool is_shared) {
    return std::make_unique<NamedEntry>(
        NamedEntry{is_shared ? "shared" : std::string(service), variant});
  };
}

TEST_CASE("service table: beyond the bound new services share an entry", "[collector]") {
  using Table = ServiceTable<NamedEntry, 2>;
  const auto table = std::make_unique<Table>();
  for (std::size_t i = 0; i < Table::kMostEntries; ++i) {
    table->Get("service-" + std::to_string(i), i % 2, MakeNamedEntry());
  }
  CHECK(table->size() == Table::kMostEntries);
  CHECK(table->Get("service-7", 1, MakeNamedEntry()).service == "service-7");
  CHECK(table->Get("service-7", 0, MakeNamedEntry()).service == "shared");
  NamedEntry& shared = table->Get("one more", 1, MakeNamedEntry());
  CHECK(shared.service == "shared");
  CHECK(&table->Get("and another", 1, MakeNamedEntry()) == &shared);
  CHECK(&table->Get("and another", 0, MakeNamedEntry()) != &shared);
  CHECK(table->size() == Table::kMostEntries);
}

TEST_CASE("service table: threads get the same entries", "[collector]") {
  using Table = ServiceTable<NamedEntry, 1>;
  const auto table = std::make_unique<Table>();
  constexpr std::size_t kServices = 500;
  std::vector<std::vector<NamedEntry*>> found(4);
  {
    std::vector<std::jthread> threads;
    for (auto& entries : found) {
      threads.emplace_back([&] {
        for (std::size_t i = 0; i < kServices; ++i) {
          entries.push_back(&table->Get(std::to_string(i), 0, MakeNamedEntry()));
        }
      });
    }
  }
  CHECK(table->size() == kServices);
  for (const auto& entries : found) {
    CHECK(entries == found.front());
  }
}

}  // namespace
}  // namespace pugmark
