// The threads that read the store and encode answers, and the bounds on both: how many requests run
// and wait at once, and how long one may be worked on.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace pugmark {

// How long one request may still be worked on, and how its work is told to stop: because the client
// has gone, or because the time is used up. Time in which nobody works on the request, since its
// client takes the answer slowly, does not count.
class WorkLimit {
 public:
  using Clock = std::chrono::steady_clock;

  WorkLimit(std::stop_token client_gone, Clock::duration allowed)
      : link_(std::move(client_gone), Stopper{&stop_}), left_(allowed.count()) {}

  [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }
  [[nodiscard]] bool timed_out() const { return timed_out_.load(std::memory_order_relaxed); }

 private:
  friend class QueryWorkers;
  struct Stopper {
    std::stop_source* source;
    void operator()() const { source->request_stop(); }
  };

  [[nodiscard]] Clock::duration left() const { return Clock::duration(left_.load()); }
  void Spend(Clock::duration used) { left_ -= used.count(); }
  void TimeOut() {
    timed_out_.store(true, std::memory_order_relaxed);
    stop_.request_stop();
  }

  std::stop_source stop_;
  std::stop_callback<Stopper> link_;
  std::atomic<Clock::rep> left_;
  std::atomic<bool> timed_out_{false};
};

// Thread safety: all methods may be called concurrently.
class QueryWorkers {
 public:
  struct Bounds {
    int threads = 4;
    std::size_t max_waiting = 100;
    // Requests begun and not ended, those that wait for a slow client among them: each holds
    // memory.
    std::size_t max_open = 256;
  };

  explicit QueryWorkers(Bounds bounds);
  ~QueryWorkers();

  // Counts a request as open until the handle is freed. Null when there are as many as may be.
  [[nodiscard]] std::shared_ptr<void> TryOpen();
  // Begins the work on a request. False, leaving `work`, when as many wait as may.
  [[nodiscard]] bool TryStart(const std::shared_ptr<WorkLimit>& limit, std::function<void()>& work);
  // Goes on with a request that has begun: never refused, and ahead of those that have not.
  void Continue(const std::shared_ptr<WorkLimit>& limit, std::function<void()> work);

  // Drops what waits, tells the running work to stop and waits for it. May be called twice.
  void Stop();

  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::size_t open() const { return open_->load(); }

 private:
  struct Task {
    std::shared_ptr<WorkLimit> limit;
    std::function<void()> work;
  };
  // What a thread works on now.
  struct Running {
    std::shared_ptr<WorkLimit> limit;
    WorkLimit::Clock::time_point since;
  };

  void Work(std::size_t thread);
  void KeepTime();

  const Bounds bounds_;
  // Shared with the handles of TryOpen, which replies may hold longer than this lives.
  const std::shared_ptr<std::atomic<std::size_t>> open_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable stopping_changed_;
  std::deque<Task> waiting_;
  std::deque<Task> continued_;
  std::vector<std::optional<Running>> running_;  // one per thread
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace pugmark
