#include "query/service/query_workers.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "common/log/log.h"

namespace pugmark {
namespace {

// How exactly the time limit is kept.
constexpr std::chrono::milliseconds kTick{100};

}  // namespace

QueryWorkers::QueryWorkers(Bounds bounds)
    : bounds_(bounds), open_(std::make_shared<std::atomic<std::size_t>>(0)) {
  const auto count = static_cast<std::size_t>(bounds_.threads);
  running_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, i] { Work(i); });
  }
  threads_.emplace_back([this] { KeepTime(); });
}

QueryWorkers::~QueryWorkers() { Stop(); }

std::shared_ptr<void> QueryWorkers::TryOpen() {
  if (open_->fetch_add(1) >= bounds_.max_open) {
    open_->fetch_sub(1);
    return nullptr;
  }
  return {open_.get(), [open = open_](void*) { open->fetch_sub(1); }};
}

bool QueryWorkers::TryStart(const std::shared_ptr<WorkLimit>& limit, std::function<void()>& work) {
  {
    const std::lock_guard lock(mutex_);
    const auto idle = static_cast<std::size_t>(
        std::count_if(running_.begin(), running_.end(), [](const auto& slot) { return !slot; }));
    if (stopping_ || waiting_.size() >= bounds_.max_waiting + idle) {
      return false;
    }
    waiting_.push_back({limit, std::move(work)});
  }
  changed_.notify_one();
  return true;
}

void QueryWorkers::Continue(const std::shared_ptr<WorkLimit>& limit, std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      return;
    }
    continued_.push_back({limit, std::move(work)});
  }
  changed_.notify_one();
}

void QueryWorkers::Stop() {
  std::deque<Task> dropped;
  std::deque<Task> dropped_continued;
  std::vector<std::shared_ptr<WorkLimit>> told;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    // Freed without the lock: dropping a reply answers it.
    dropped.swap(waiting_);
    dropped_continued.swap(continued_);
    for (const auto& slot : running_) {
      if (slot) {
        told.push_back(slot->limit);
      }
    }
  }
  for (const auto& limit : told) {
    limit->stop_.request_stop();
  }
  changed_.notify_all();
  stopping_changed_.notify_all();
  for (std::jthread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

std::size_t QueryWorkers::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void QueryWorkers::Work(std::size_t thread) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !continued_.empty() || !waiting_.empty(); });
    if (stopping_) {
      return;
    }
    std::deque<Task>& queue = continued_.empty() ? waiting_ : continued_;
    Task task = std::move(queue.front());
    queue.pop_front();
    const auto since = WorkLimit::Clock::now();
    running_[thread] = Running{task.limit, since};
    lock.unlock();
    try {
      task.work();
    } catch (const std::exception& error) {
      // The reply was dropped on the way out and has answered 500.
      PUGMARK_LOG_THROTTLED(LogLevel::kError, "query failed", {"error", error.what()});
    }
    task.work = nullptr;  // frees what it holds without the lock
    task.limit->Spend(WorkLimit::Clock::now() - since);
    lock.lock();
    running_[thread].reset();
    lock.unlock();
    task.limit.reset();
    lock.lock();
  }
}

void QueryWorkers::KeepTime() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    stopping_changed_.wait_for(lock, kTick);
    const auto now = WorkLimit::Clock::now();
    std::vector<std::shared_ptr<WorkLimit>> late;
    for (const auto& slot : running_) {
      if (slot && now - slot->since > slot->limit->left() && !slot->limit->timed_out()) {
        late.push_back(slot->limit);
      }
    }
    if (!late.empty()) {
      lock.unlock();
      for (const auto& limit : late) {
        limit->TimeOut();
      }
      late.clear();
      lock.lock();
    }
  }
}

}  // namespace pugmark
