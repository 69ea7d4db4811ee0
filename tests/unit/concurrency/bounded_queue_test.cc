#include "common/concurrency/bounded_queue.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

using namespace pugmark;

namespace {

bool Push(BoundedQueue<int>& queue, int item, std::size_t weight = 1, std::size_t bytes = 1) {
  return queue.TryPush(item, weight, bytes);
}

}  // namespace

TEST_CASE("bounded queue: first in, first out", "[concurrency]") {
  BoundedQueue<int> queue({.max_weight = 10, .max_bytes = 10});
  CHECK(Push(queue, 1));
  CHECK(Push(queue, 2));
  int item = 0;
  CHECK(queue.Pop(item));
  CHECK(item == 1);
  CHECK(queue.Pop(item));
  CHECK(item == 2);
}

TEST_CASE("bounded queue: both bounds refuse", "[concurrency]") {
  BoundedQueue<int> queue({.max_weight = 10, .max_bytes = 100});
  CHECK(Push(queue, 1, 6, 60));
  CHECK_FALSE(Push(queue, 2, 5, 1));
  CHECK_FALSE(Push(queue, 3, 1, 41));
  CHECK(Push(queue, 4, 4, 40));
  CHECK(queue.weight() == 10);
  CHECK(queue.bytes() == 100);
  int item = 0;
  CHECK(queue.Pop(item));
  CHECK(queue.weight() == 4);
  CHECK(queue.bytes() == 40);
  CHECK(Push(queue, 5, 6, 60));
}

TEST_CASE("bounded queue: an item beyond a bound is taken by an empty queue only",
          "[concurrency]") {
  BoundedQueue<int> queue({.max_weight = 10, .max_bytes = 100});
  CHECK(Push(queue, 1, 11, 1));
  CHECK_FALSE(Push(queue, 2, 1, 1));
  int item = 0;
  CHECK(queue.Pop(item));
  CHECK(Push(queue, 3, 1, 101));
  CHECK(queue.Pop(item));
  CHECK(Push(queue, 4, 1, 1));
  CHECK_FALSE(Push(queue, 5, 11, 1));
}

TEST_CASE("bounded queue: a bound of zero takes nothing", "[concurrency]") {
  BoundedQueue<int> queue({.max_weight = 0, .max_bytes = 100});
  CHECK_FALSE(Push(queue, 1));
}

TEST_CASE("bounded queue: a refused item stays with its owner", "[concurrency]") {
  BoundedQueue<std::unique_ptr<int>> queue({.max_weight = 1, .max_bytes = 1});
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  CHECK(queue.TryPush(first, 1, 1));
  CHECK(first == nullptr);
  CHECK_FALSE(queue.TryPush(second, 1, 1));
  REQUIRE(second != nullptr);
  CHECK(*second == 2);
}

TEST_CASE("bounded queue: a closed one refuses, and gives what is inside", "[concurrency]") {
  BoundedQueue<int> queue({.max_weight = 10, .max_bytes = 10});
  CHECK(Push(queue, 1));
  queue.Close();
  queue.Close();
  CHECK_FALSE(Push(queue, 2));
  int item = 0;
  CHECK(queue.Pop(item));
  CHECK(item == 1);
  CHECK_FALSE(queue.Pop(item));
  CHECK(queue.PopAll().empty());
}

TEST_CASE("bounded queue: everything at once", "[concurrency]") {
  BoundedQueue<int> queue({.max_weight = 10, .max_bytes = 10});
  for (int i = 0; i < 10; ++i) {
    CHECK(Push(queue, i));
  }
  const std::deque<int> taken = queue.PopAll();
  std::deque<int> expected(10);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(taken == expected);
  CHECK(queue.weight() == 0);
  CHECK(queue.bytes() == 0);
  CHECK(Push(queue, 1, 10, 10));
}

TEST_CASE("bounded queue: closing wakes those who wait", "[concurrency]") {
  BoundedQueue<int> queue({.max_weight = 10, .max_bytes = 10});
  std::atomic<int> ended{0};
  {
    std::vector<std::jthread> waiting;
    for (int i = 0; i < 2; ++i) {
      waiting.emplace_back([&] {
        int item = 0;
        ended += queue.Pop(item) ? 0 : 1;
      });
      waiting.emplace_back([&] { ended += queue.PopAll().empty() ? 1 : 0; });
    }
    queue.Close();
  }
  CHECK(ended == 4);
}

TEST_CASE("bounded queue: several producers and consumers lose and double nothing",
          "[concurrency]") {
  constexpr int kProducers = 3;
  constexpr int kEach = 5000;
  BoundedQueue<int> queue({.max_weight = 64, .max_bytes = 1'000'000});
  std::vector<std::atomic<int>> seen(kProducers * kEach);
  std::atomic<std::size_t> most_weight{0};
  {
    std::vector<std::jthread> consumers;
    for (int i = 0; i < 2; ++i) {
      consumers.emplace_back([&] {
        int item = 0;
        while (queue.Pop(item)) {
          ++seen[static_cast<std::size_t>(item)];
        }
      });
    }
    consumers.emplace_back([&] {
      for (auto taken = queue.PopAll(); !taken.empty(); taken = queue.PopAll()) {
        for (const int item : taken) {
          ++seen[static_cast<std::size_t>(item)];
        }
      }
    });
    {
      std::vector<std::jthread> producers;
      for (int producer = 0; producer < kProducers; ++producer) {
        producers.emplace_back([&, producer] {
          for (int i = 0; i < kEach; ++i) {
            int item = producer * kEach + i;
            while (!queue.TryPush(item, 1, 4)) {
              std::this_thread::yield();
            }
            const std::size_t weight = queue.weight();
            if (weight > most_weight) {
              most_weight = weight;
            }
          }
        });
      }
    }
    queue.Close();
  }
  for (const auto& count : seen) {
    REQUIRE(count == 1);
  }
  CHECK(most_weight <= 64);
  CHECK(queue.weight() == 0);
  CHECK(queue.bytes() == 0);
}
