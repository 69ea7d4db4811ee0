#include "common/concurrency/byte_budget.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <limits>
#include <thread>
#include <vector>

using namespace pugmark;

TEST_CASE("byte budget: charges are given back", "[concurrency]") {
  ByteBudget budget(100);
  auto first = budget.TryCharge(60);
  REQUIRE(first != nullptr);
  CHECK(budget.used_bytes() == 60);
  CHECK(budget.TryCharge(41) == nullptr);
  CHECK(budget.refusals() == 1);
  const auto second = budget.TryCharge(40);
  CHECK(second != nullptr);
  CHECK(budget.used_bytes() == 100);
  first.reset();
  CHECK(budget.used_bytes() == 40);
  CHECK(budget.TryCharge(60) != nullptr);
  CHECK(budget.used_bytes() == 40);
}

TEST_CASE("byte budget: sizes at the edges", "[concurrency]") {
  ByteBudget budget(100);
  const auto held = budget.TryCharge(1);
  CHECK(budget.TryCharge(std::numeric_limits<std::size_t>::max()) == nullptr);
  CHECK(budget.TryCharge(101) == nullptr);
  CHECK(budget.TryCharge(0) != nullptr);
  CHECK(budget.TryCharge(99) != nullptr);
  ByteBudget none(0);
  CHECK(none.TryCharge(1) == nullptr);
  CHECK(none.TryCharge(0) != nullptr);
}

TEST_CASE("byte budget: a batch gives its charge back", "[concurrency]") {
  ByteBudget budget(100);
  auto batch = std::make_unique<SpanBatch>("bytes");
  batch->HoldCharge(budget.TryCharge(50));
  CHECK(budget.used_bytes() == 50);
  batch.reset();
  CHECK(budget.used_bytes() == 0);
}

TEST_CASE("byte budget: the default is a part of the memory there is", "[concurrency]") {
  const std::size_t limit = ByteBudget::DefaultLimitBytes();
  CHECK(limit > 0);
  CHECK(limit <= std::size_t{256} << 20);
}

TEST_CASE("byte budget: the limit holds between threads", "[concurrency]") {
  ByteBudget budget(1000);
  std::atomic<bool> exceeded{false};
  std::atomic<std::size_t> refused{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t i = 0; i < 5000; ++i) {
          const auto charge = budget.TryCharge(200 + (i + thread) % 200);
          exceeded = exceeded || budget.used_bytes() > 1000;
          refused += charge == nullptr ? 1 : 0;
          if (i % 16 == 0) {
            std::this_thread::yield();
          }
        }
      });
    }
  }
  CHECK_FALSE(exceeded);
  CHECK(budget.used_bytes() == 0);
  CHECK(budget.refusals() == refused);
}
