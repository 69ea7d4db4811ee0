// Why and when the process ends: the first SIGTERM or SIGINT, or a component that asks for it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace pugmark {

// Takes SIGTERM and SIGINT over, for this thread and those it starts later, until it is destroyed:
// make it before any other thread. A second signal ends the process at once, and so does a process
// that is still here `longest_shutdown` after it was asked to end.
//
// Thread safety: all methods may be called concurrently.
class ExitRequest {
 public:
  explicit ExitRequest(std::chrono::nanoseconds longest_shutdown);
  ~ExitRequest();
  ExitRequest(const ExitRequest&) = delete;
  ExitRequest& operator=(const ExitRequest&) = delete;

  struct Reason {
    int exit_code;
    std::string why;  // "SIGTERM"
    std::chrono::steady_clock::time_point asked_at;
  };

  // The first request counts.
  void Ask(int exit_code, const std::string& why);
  Reason Wait();
  // The reason, when there is one already.
  [[nodiscard]] std::optional<Reason> Asked() const;
  [[nodiscard]] std::stop_token token() const { return stop_source_.get_token(); }

 private:
  void Watch();
  void OnSignal();
  // Without draining: the code of whoever asked for an end, or 1 where 0 would claim a clean one.
  [[noreturn]] void EndNow() const;
  // How long the process may still be here; nothing while it was not asked to end.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> TimeLeft() const;

  const std::chrono::nanoseconds longest_shutdown_;
  sigset_t old_mask_{};
  int signals_ = -1;  // a signalfd
  int event_ = -1;    // an eventfd: a request or the end of the watcher
  std::stop_source stop_source_;

  mutable std::mutex mutex_;
  std::condition_variable asked_;
  std::optional<Reason> reason_;
  bool done_ = false;
  std::jthread watcher_;  // waits for signals and events
};

}  // namespace pugmark
