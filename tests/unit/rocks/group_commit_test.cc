#include "storage/rocks/group_commit.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <mutex>
#include <semaphore>
#include <vector>

namespace pugmark::rocks {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLong{30};  // for what happens at once

// A sync that waits until it is let through.
class GatedSync {
 public:
  Status operator()() {
    ++begun_;
    entered_.release();
    go_.acquire();
    return next_;
  }
  void AwaitBegin() { REQUIRE(entered_.try_acquire_for(kLong)); }
  void Finish(Status status = {}) {
    next_ = std::move(status);
    go_.release();
  }
  [[nodiscard]] int begun() const { return begun_; }

 private:
  std::atomic<int> begun_{0};
  std::counting_semaphore<> entered_{0};
  std::counting_semaphore<> go_{0};
  Status next_;
};

WriteDone Into(std::promise<WriteResult>& promise) {
  return [&promise](const WriteResult& result) { promise.set_value(result); };
}

TEST_CASE("group commit: a lone writer waits for one sync", "[rocks][commit]") {
  std::atomic<int> syncs{0};
  GroupCommit commit(
      [&] {
        ++syncs;
        return Status();
      },
      [](const Error&) { FAIL(); });
  for (int i = 1; i <= 10; ++i) {
    std::promise<WriteResult> told;
    commit.Add(7, 2, Into(told));
    const WriteResult result = told.get_future().get();
    CHECK(result.outcome == WriteResult::Outcome::kCommitted);
    CHECK(result.stored == 7);
    CHECK(result.rejected == 2);
    CHECK(syncs == i);
  }
}

TEST_CASE("group commit: writes that come during a sync share the next one", "[rocks][commit]") {
  GatedSync sync;
  GroupCommit commit([&] { return sync(); }, [](const Error&) { FAIL(); });
  std::atomic<int> told{0};
  std::promise<WriteResult> first;
  commit.Add(1, 0, Into(first));
  sync.AwaitBegin();
  for (int i = 0; i < 100; ++i) {
    commit.Add(1, 0, [&](const WriteResult&) { ++told; });
  }
  sync.Finish();
  first.get_future().get();
  sync.AwaitBegin();
  // The first sync began before these writes: it told none of them.
  CHECK(told == 0);
  sync.Finish();
  REQUIRE(commit.WaitIdle(Clock::now() + kLong));
  CHECK(told == 100);
  CHECK(sync.begun() == 2);
  CHECK(commit.counts().syncs == 2);
  CHECK(commit.counts().writes == 101);
}

TEST_CASE("group commit: a failed sync leaves its writes unknown and is not tried again",
          "[rocks][commit]") {
  GatedSync sync;
  std::atomic<int> failures{0};
  GroupCommit commit([&] { return sync(); },
                     [&](const Error& error) {
                       CHECK(error.message == "disk");
                       ++failures;
                     });
  std::promise<WriteResult> first;
  commit.Add(1, 0, Into(first));
  sync.AwaitBegin();
  std::promise<WriteResult> second;
  commit.Add(1, 0, Into(second));
  sync.Finish(Internal("disk"));
  for (auto* const told : {&first, &second}) {
    const WriteResult result = told->get_future().get();
    CHECK(result.outcome == WriteResult::Outcome::kUnknown);
    REQUIRE_FALSE(result.status);
    CHECK(result.status.error().code == ErrorCode::kUnavailable);
    CHECK(result.stored == 0);
  }
  REQUIRE(commit.WaitIdle(Clock::now() + kLong));
  CHECK(sync.begun() == 1);
  CHECK(failures == 1);
}

TEST_CASE("group commit: no lock is held while a write is told", "[rocks][commit]") {
  GroupCommit commit([] { return Status(); }, [](const Error&) { FAIL(); });
  std::promise<void> inner_told;
  commit.Add(1, 0, [&](const WriteResult&) {
    // Both would never return under the lock.
    (void)commit.counts();
    commit.Add(1, 0, [&](const WriteResult&) { inner_told.set_value(); });
  });
  CHECK(inner_told.get_future().wait_for(kLong) == std::future_status::ready);
}

TEST_CASE("group commit: waiting for idle gives up at the deadline", "[rocks][commit]") {
  GatedSync sync;
  GroupCommit commit([&] { return sync(); }, [](const Error&) { FAIL(); });
  std::atomic<bool> told{false};
  commit.Add(1, 0, [&](const WriteResult&) { told = true; });
  sync.AwaitBegin();
  CHECK_FALSE(commit.WaitIdle(Clock::now() + std::chrono::milliseconds(1)));
  CHECK_FALSE(told);
  sync.Finish();
  CHECK(commit.WaitIdle(Clock::now() + kLong));
  CHECK(told);
}

TEST_CASE("group commit: what waits at the end is completed", "[rocks][commit]") {
  std::atomic<int> told{0};
  {
    GroupCommit commit([] { return Status(); }, [](const Error&) { FAIL(); });
    for (int i = 0; i < 50; ++i) {
      commit.Add(1, 0, [&](const WriteResult&) { ++told; });
    }
  }
  CHECK(told == 50);
}

}  // namespace
}  // namespace pugmark::rocks
