#include "common/metrics/service_labels.h"

#include <catch2/catch.hpp>
#include <set>
#include <thread>
#include <vector>

#include "common/metrics/metrics.h"

using namespace pugmark;

TEST_CASE("service labels: bytes that a label may hold", "[metrics]") {
  const auto [service, label] = GENERATE(table<std::string, std::string>({
      {"", "__unknown"},
      {"checkout", "checkout"},
      {"Check Out/v2", "check_out_v2"},
      {"a.b-c_d", "a.b-c_d"},
      {"caf\xc3\xa9", "caf__"},
      {std::string("a\0b", 3), "a_b"},
      {"\xff", "_"},
      {std::string(1000, 'x'), std::string(256, 'x')},
  }));
  CAPTURE(service);
  CHECK(NormalizeServiceLabel(service) == label);
}

TEST_CASE("service labels: names beyond the limit share one label", "[metrics]") {
  ServiceLabels labels(3);
  CHECK(labels.Normalize("a") == "a");
  CHECK(labels.Normalize("b") == "b");
  CHECK(labels.Normalize("A") == "a");
  CHECK(labels.Normalize("c") == "c");
  CHECK(labels.Normalize("d") == "other-services");
  CHECK(labels.Normalize("a") == "a");
  CHECK(labels.Normalize("") == "__unknown");
}

TEST_CASE("service labels: the limit holds between threads", "[metrics]") {
  ServiceLabels labels(10);
  std::vector<std::set<std::string>> seen(4);
  {
    std::vector<std::jthread> threads;
    for (auto& own : seen) {
      threads.emplace_back([&labels, &own] {
        for (int i = 0; i < 1000; ++i) {
          own.insert(labels.Normalize("service-" + std::to_string(i % 100)));
        }
      });
    }
  }
  std::set<std::string> all;
  for (const auto& own : seen) {
    all.insert(own.begin(), own.end());
  }
  CHECK(all.size() == 11);
  CHECK(all.contains("other-services"));
}
