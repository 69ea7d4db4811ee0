// Work that is done again and again, on a thread of its own.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace pugmark {

// Calls `work` after each `interval`, counted from the end of the call before, until it is
// destroyed, which waits for a call under way.
class Periodic {
 public:
  Periodic(std::chrono::nanoseconds interval, std::function<void()> work)
      : interval_(std::clamp<std::chrono::nanoseconds>(interval, kShortest, kLongest)),
        work_(std::move(work)),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}

 private:
  static constexpr std::chrono::milliseconds kShortest{1};  // never a busy loop
  static constexpr std::chrono::hours kLongest{24 * 365};   // the clock must not overflow

  void Run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wait;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      wait.wait_for(lock, stop, interval_, [] { return false; });
      if (!stop.stop_requested()) {
        work_();
      }
    }
  }

  const std::chrono::nanoseconds interval_;
  const std::function<void()> work_;
  std::jthread thread_;
};

}  // namespace pugmark
