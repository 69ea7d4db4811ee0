// Group commit without a timer: one thread syncs the log again and again while writes wait for it,
// so that a lone writer waits for one sync and many share each.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "common/base/result.h"
#include "storage/api/span_writer.h"

namespace pugmark::rocks {

// Thread: one, which runs the syncs and the callbacks of what they covered.
// Thread safety: may be called concurrently.
class GroupCommit {
 public:
  struct Counts {
    std::uint64_t syncs = 0;
    std::uint64_t writes = 0;  // that these covered
    std::size_t waiting = 0;   // now
  };

  // `sync` makes everything written before its start durable. After the first error it is not
  // called again: the system may have dropped what it failed to write. `on_failure` hears of that
  // error once, on the thread, after the writes it hit were told.
  GroupCommit(std::function<Status()> sync, std::function<void(const Error&)> on_failure);
  // Completes what waits.
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // For a write that is in the log: `done` gets kCommitted after a sync that began later than this
  // call, or kUnknown when it fails.
  void Add(std::size_t stored, std::size_t rejected, WriteDone done);
  // Until nothing waits; false when the deadline came first.
  bool WaitIdle(std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] Counts counts() const;

 private:
  struct Waiting {
    std::size_t stored;
    std::size_t rejected;
    WriteDone done;
  };

  void Run();
  // Before the callbacks run, so that who was told finds himself counted.
  void CountAhead(std::size_t writes, std::uint64_t syncs);
  // Outside the lock.
  static void Complete(std::vector<Waiting>& writes, const Status& status);

  const std::function<Status()> sync_;
  const std::function<void(const Error&)> on_failure_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::vector<Waiting> waiting_;
  bool is_busy_ = false;  // the thread has taken writes that are not told yet
  bool stop_ = false;
  Counts counts_;
  Status failure_;  // of the first sync that failed

  std::jthread thread_;
};

}  // namespace pugmark::rocks
