#include "common/concurrency/ordered_shutdown.h"

#include <catch2/catch.hpp>

using namespace pugmark;

TEST_CASE("ordered shutdown: what started last stops first, once", "[concurrency]") {
  std::vector<std::string> stopped;
  std::vector<std::string> observed;
  {
    OrderedShutdown shutdown(
        [&](const std::string& name, std::chrono::nanoseconds) { observed.push_back(name); });
    for (const std::string name : {"storage", "pipeline", "listeners"}) {
      shutdown.Add(name, [&stopped, name](auto) { stopped.push_back(name); });
    }
    shutdown.Run({});
    shutdown.Run({});
  }
  CHECK(stopped == std::vector<std::string>{"listeners", "pipeline", "storage"});
  CHECK(observed == stopped);
}

TEST_CASE("ordered shutdown: every step gets the deadline", "[concurrency]") {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::hours(1);
  std::vector<OrderedShutdown::Deadline> seen;
  OrderedShutdown shutdown;
  shutdown.Add("a", [&](auto given) { seen.push_back(given); });
  shutdown.Add("b", [&](auto given) { seen.push_back(given); });
  shutdown.Run(deadline);
  CHECK(seen == std::vector<OrderedShutdown::Deadline>{deadline, deadline});
}

TEST_CASE("ordered shutdown: a start that failed half way is taken back", "[concurrency]") {
  std::vector<std::string> stopped;
  {
    OrderedShutdown shutdown;
    shutdown.Add("storage", [&](auto) { stopped.emplace_back("storage"); });
    shutdown.Add("pipeline", [&](auto deadline) {
      CHECK(deadline <= std::chrono::steady_clock::now());
      stopped.emplace_back("pipeline");
    });
  }
  CHECK(stopped == std::vector<std::string>{"pipeline", "storage"});
}

TEST_CASE("ordered shutdown: a step may add one", "[concurrency]") {
  std::vector<int> order;
  OrderedShutdown shutdown;
  shutdown.Add("first", [&](auto) {
    order.push_back(1);
    shutdown.Add("second", [&](auto) { order.push_back(2); });
  });
  shutdown.Run({});
  CHECK(order == std::vector<int>{1, 2});
}
