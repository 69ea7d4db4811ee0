#include "common/metrics/metrics.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdio>
#include <thread>

using namespace pugmark;

TEST_CASE("metrics: the same name and labels give the same metric", "[metrics]") {
  Metrics metrics;
  auto& ok = metrics.AddCounter("spans_total", "Spans.", {{"result", "ok"}});
  auto& error = metrics.AddCounter("spans_total", "Spans.", {{"result", "err"}});
  CHECK(&ok == &metrics.AddCounter("spans_total", "Spans.", {{"result", "ok"}}));
  CHECK(&ok != &error);
  CHECK(&metrics.AddGauge("length", "Length.") == &metrics.AddGauge("length", "Length."));
  CHECK(&metrics.AddHistogram("latency", "Latency.") ==
        &metrics.AddHistogram("latency", "Latency."));
}

TEST_CASE("metrics: text format", "[metrics]") {
  Metrics metrics;
  metrics.AddCounter("spans_total", "Spans.", {{"svc", "a\"b\\c\nd"}}).Increment(2);
  metrics.AddGauge("length", "Length.").Set(-1.5);
  metrics.AddHistogram("latency", "Latency.").Observe(0.3);
  metrics.AddHistogram("size", "Size.", {}, {1, 2}).Observe(5);
  const std::string text = metrics.Serialize();
  for (const std::string line : {"# HELP spans_total Spans.", "# TYPE spans_total counter",
                                 R"(spans_total{svc="a\"b\\c\nd"} 2)", "# TYPE length gauge",
                                 "length -1.5", "# TYPE latency histogram", "latency_count 1",
                                 "latency_sum 0.3", R"(latency_bucket{le="0.25"} 0)",
                                 R"(latency_bucket{le="0.5"} 1)", R"(latency_bucket{le="10"} 1)",
                                 R"(latency_bucket{le="+Inf"} 1)", R"(size_bucket{le="2"} 0)"}) {
    CHECK_THAT("\n" + text, Catch::Contains("\n" + line + "\n"));
  }
}

TEST_CASE("metrics: hooks run before a scrape until their handle is gone", "[metrics]") {
  Metrics metrics;
  auto& length = metrics.AddGauge("length", "Length.");
  int runs = 0;
  auto hook = metrics.BeforeScrape([&] { length.Set(++runs); });
  CHECK_THAT(metrics.Serialize(), Catch::Contains("length 1\n"));
  CHECK_THAT(metrics.Serialize(), Catch::Contains("length 2\n"));
  hook.reset();
  CHECK_THAT(metrics.Serialize(), Catch::Contains("length 2\n"));
  CHECK(runs == 2);
}

TEST_CASE("metrics: letting go of a hook waits for a refresh under way", "[metrics]") {
  Metrics metrics;
  for (int round = 0; round < 200; ++round) {
    std::atomic<bool> alive{true};
    std::atomic<bool> stop{false};
    std::atomic<bool> used_after_end{false};
    auto hook = metrics.BeforeScrape([&] { used_after_end = used_after_end || !alive; });
    std::jthread scraper([&] {
      while (!stop) {
        (void)metrics.Serialize();
      }
    });
    hook.reset();
    alive = false;
    stop = true;
    scraper.join();
    REQUIRE_FALSE(used_after_end);
  }
}

TEST_CASE("metrics: many threads add, count and scrape", "[metrics]") {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&metrics] {
        for (int i = 0; i < 200; ++i) {
          metrics.AddCounter("spans_total", "Spans.", {{"svc", std::to_string(i % 7)}}).Increment();
          if (i % 50 == 0) {
            (void)metrics.Serialize();
          }
        }
      });
    }
  }
  double total = 0;
  for (int i = 0; i < 7; ++i) {
    total += metrics.AddCounter("spans_total", "Spans.", {{"svc", std::to_string(i)}}).Value();
  }
  CHECK(total == 800);
}

TEST_CASE("metrics: promtool has no complaint", "[metrics]") {
  Metrics metrics;
  const auto process = AddProcessMetrics(metrics);
  metrics.AddCounter("spans_total", "Spans.", {{"svc", "caf\xc3\xa9 \"x\"\n"}}).Increment();
  metrics.AddHistogram("latency_seconds", "Latency.").Observe(1);
  std::FILE* promtool = ::popen(PROMTOOL " check metrics", "w");
  REQUIRE(promtool != nullptr);
  const std::string text = metrics.Serialize();
  CHECK(std::fwrite(text.data(), 1, text.size(), promtool) == text.size());
  CHECK(::pclose(promtool) == 0);
}
