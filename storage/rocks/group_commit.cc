#include "storage/rocks/group_commit.h"

#include <utility>

namespace pugmark::rocks {

GroupCommit::GroupCommit(std::function<Status()> sync, std::function<void(const Error&)> on_failure)
    : sync_(std::move(sync)), on_failure_(std::move(on_failure)), thread_([this] { Run(); }) {}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void GroupCommit::Add(std::size_t stored, std::size_t rejected, WriteDone done) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({stored, rejected, std::move(done)});
  }
  work_.notify_one();
}

bool GroupCommit::WaitIdle(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return idle_.wait_until(lock, deadline, [this] { return waiting_.empty() && !is_busy_; });
}

GroupCommit::Counts GroupCommit::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.waiting = waiting_.size();
  return counts;
}

void GroupCommit::Run() {
  std::vector<Waiting> writes;
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (waiting_.empty()) {
      return;
    }
    writes.swap(waiting_);
    is_busy_ = true;
    const bool has_failed = !failure_;
    Status status = failure_;
    lock.unlock();
    if (!has_failed) {
      status = sync_();
    }
    CountAhead(writes.size(), has_failed ? 0 : 1);
    Complete(writes, status);
    if (!has_failed && !status) {
      on_failure_(status.error());
    }
    lock.lock();
    failure_ = std::move(status);
    writes.clear();
    is_busy_ = false;
    if (waiting_.empty()) {
      idle_.notify_all();
    }
  }
}

void GroupCommit::CountAhead(std::size_t writes, std::uint64_t syncs) {
  const std::lock_guard lock(mutex_);
  counts_.syncs += syncs;
  counts_.writes += writes;
}

void GroupCommit::Complete(std::vector<Waiting>& writes, const Status& status) {
  for (Waiting& write : writes) {
    WriteResult result;
    if (status) {
      result.stored = write.stored;
      result.rejected = write.rejected;
    } else {
      result.outcome = WriteResult::Outcome::kUnknown;
      result.status = Unavailable(status.error().message);
    }
    std::exchange(write.done, nullptr)(result);
  }
}

}  // namespace pugmark::rocks
