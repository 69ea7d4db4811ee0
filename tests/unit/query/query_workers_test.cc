#include "query/service/query_workers.h"

#include <catch2/catch.hpp>
#include <future>

namespace pugmark {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 10s;

std::shared_ptr<WorkLimit> NoLimit() { return std::make_shared<WorkLimit>(std::stop_token(), 1h); }

bool Start(QueryWorkers& workers, std::function<void()> work,
           const std::shared_ptr<WorkLimit>& limit = NoLimit()) {
  return workers.TryStart(limit, work);
}

// Keeps one worker busy until opened.
class Gate {
 public:
  void Pass() {
    entered_.set_value();
    open_.get_future().wait();
  }
  void WaitUntilEntered() {
    REQUIRE(entered_.get_future().wait_for(kPatience) == std::future_status::ready);
  }
  void Open() { open_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> open_;
};

}  // namespace

TEST_CASE("query workers: run what they are given", "[query]") {
  QueryWorkers workers({.threads = 2});
  std::promise<int> done;
  CHECK(Start(workers, [&done] { done.set_value(7); }));
  CHECK(done.get_future().get() == 7);
}

TEST_CASE("query workers: as many wait as may, the next is refused", "[query]") {
  QueryWorkers workers({.threads = 1, .max_waiting = 2});
  Gate gate;
  REQUIRE(Start(workers, [&gate] { gate.Pass(); }));
  gate.WaitUntilEntered();
  std::promise<void> last;
  CHECK(Start(workers, [] {}));
  CHECK(Start(workers, [&last] { last.set_value(); }));
  CHECK_FALSE(Start(workers, [] {}));
  gate.Open();
  CHECK(last.get_future().wait_for(kPatience) == std::future_status::ready);
}

TEST_CASE("query workers: nothing may wait, but an idle thread takes work", "[query]") {
  QueryWorkers workers({.threads = 1, .max_waiting = 0});
  Gate gate;
  REQUIRE(Start(workers, [&gate] { gate.Pass(); }));
  gate.WaitUntilEntered();
  CHECK_FALSE(Start(workers, [] {}));
  gate.Open();
}

TEST_CASE("query workers: what has begun goes before what waits", "[query]") {
  QueryWorkers workers({.threads = 1});
  Gate gate;
  std::vector<std::string> order;
  std::promise<void> done;
  REQUIRE(Start(workers, [&gate] { gate.Pass(); }));
  gate.WaitUntilEntered();
  REQUIRE(Start(workers, [&] {
    order.emplace_back("new");
    done.set_value();
  }));
  workers.Continue(NoLimit(), [&] { order.emplace_back("begun"); });
  gate.Open();
  REQUIRE(done.get_future().wait_for(kPatience) == std::future_status::ready);
  CHECK(order == std::vector<std::string>{"begun", "new"});
}

TEST_CASE("query workers: work beyond its time is told to stop", "[query]") {
  QueryWorkers workers({.threads = 1});
  const auto limit = std::make_shared<WorkLimit>(std::stop_token(), 1ms);
  std::promise<bool> stopped;
  REQUIRE(Start(
      workers,
      [&] {
        const auto end = std::chrono::steady_clock::now() + kPatience;
        while (!limit->stop().stop_requested() && std::chrono::steady_clock::now() < end) {
          std::this_thread::sleep_for(1ms);
        }
        stopped.set_value(limit->stop().stop_requested());
      },
      limit));
  CHECK(stopped.get_future().get());
  CHECK(limit->timed_out());
}

TEST_CASE("query workers: a client that leaves stops its work", "[query]") {
  std::stop_source client;
  const WorkLimit limit(client.get_token(), 1h);
  CHECK_FALSE(limit.stop().stop_requested());
  client.request_stop();
  CHECK(limit.stop().stop_requested());
  CHECK_FALSE(limit.timed_out());
}

TEST_CASE("query workers: bounds the requests that are open", "[query]") {
  QueryWorkers workers({.threads = 1, .max_open = 2});
  auto first = workers.TryOpen();
  auto second = workers.TryOpen();
  CHECK(first != nullptr);
  CHECK(second != nullptr);
  CHECK(workers.TryOpen() == nullptr);
  first.reset();
  CHECK(workers.TryOpen() != nullptr);
  CHECK(workers.open() == 1);
}

TEST_CASE("query workers: stopping drops what waits and stops what runs", "[query]") {
  auto workers = std::make_unique<QueryWorkers>(QueryWorkers::Bounds{.threads = 1});
  const auto limit = NoLimit();
  std::promise<void> running;
  REQUIRE(Start(
      *workers,
      [&] {
        running.set_value();
        while (!limit->stop().stop_requested()) {
          std::this_thread::sleep_for(1ms);
        }
      },
      limit));
  running.get_future().wait();
  bool ran = false;
  REQUIRE(Start(*workers, [&ran] { ran = true; }));
  workers->Stop();
  CHECK_FALSE(ran);
  CHECK_FALSE(Start(*workers, [] {}));
}

TEST_CASE("query workers: work that throws ends alone", "[query]") {
  QueryWorkers workers({.threads = 1});
  REQUIRE(Start(workers, [] { throw std::bad_alloc(); }));
  std::promise<void> next;
  REQUIRE(Start(workers, [&next] { next.set_value(); }));
  CHECK(next.get_future().wait_for(kPatience) == std::future_status::ready);
}

}  // namespace pugmark
