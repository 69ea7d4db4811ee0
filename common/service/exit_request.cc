#include "common/service/exit_request.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "common/log/log.h"
#include "common/service/daemon.h"

namespace pugmark {
namespace {

void Wake(int event) {
  const std::uint64_t one = 1;
  // It can fail only when the counter is full, and then the watcher is awake already.
  [[maybe_unused]] const auto written = ::write(event, &one, sizeof one);
}

int ToPollTimeout(std::chrono::nanoseconds left) {
  constexpr std::int64_t kLongest = 60'000;
  const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, kLongest));
}

std::string SignalName(int signal) {
  return signal == SIGTERM ? "SIGTERM" : signal == SIGINT ? "SIGINT" : std::to_string(signal);
}

}  // namespace

ExitRequest::ExitRequest(std::chrono::nanoseconds longest_shutdown)
    : longest_shutdown_(longest_shutdown) {
  sigset_t handled;
  ::sigemptyset(&handled);
  ::sigaddset(&handled, SIGTERM);
  ::sigaddset(&handled, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &handled, &old_mask_);
  signals_ = ::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  watcher_ = std::jthread([this] { Watch(); });
}

ExitRequest::~ExitRequest() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  Wake(event_);
  watcher_.join();
  ::close(signals_);
  ::close(event_);
  ::pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

void ExitRequest::Ask(int exit_code, const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (reason_.has_value()) {
      return;
    }
    reason_ = Reason{exit_code, why, std::chrono::steady_clock::now()};
  }
  asked_.notify_all();
  // The watcher asks the token to stop: its callbacks must not run on the thread of a caller that
  // may hold locks.
  Wake(event_);
}

ExitRequest::Reason ExitRequest::Wait() {
  std::unique_lock lock(mutex_);
  asked_.wait(lock, [this] { return reason_.has_value(); });
  return *reason_;
}

std::optional<ExitRequest::Reason> ExitRequest::Asked() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

std::optional<std::chrono::nanoseconds> ExitRequest::TimeLeft() const {
  const std::lock_guard lock(mutex_);
  if (!reason_.has_value()) {
    return std::nullopt;
  }
  return reason_->asked_at + longest_shutdown_ - std::chrono::steady_clock::now();
}

void ExitRequest::Watch() {
  while (true) {
    const auto left = TimeLeft();
    pollfd ready[2] = {{signals_, POLLIN, 0}, {event_, POLLIN, 0}};
    ::poll(ready, 2, left.has_value() ? ToPollTimeout(*left) : -1);
    if ((ready[0].revents & POLLIN) != 0) {
      OnSignal();
    }
    if ((ready[1].revents & POLLIN) != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto read = ::read(event_, &count, sizeof count);
    }
    {
      const std::lock_guard lock(mutex_);
      if (done_) {
        return;
      }
    }
    if (Asked().has_value()) {
      stop_source_.request_stop();
    }
    if (TimeLeft().value_or(std::chrono::nanoseconds(1)).count() <= 0) {
      Log(LogLevel::kError, "Shutdown took too long, ending at once");
      EndNow();
    }
  }
}

void ExitRequest::EndNow() const {
  const int exit_code = Asked()->exit_code;
  std::_Exit(exit_code == kExitOk ? kExitRuntime : exit_code);
}

void ExitRequest::OnSignal() {
  signalfd_siginfo info{};
  while (::read(signals_, &info, sizeof info) == sizeof info) {
    const std::string name = SignalName(static_cast<int>(info.ssi_signo));
    if (Asked().has_value()) {
      Log(LogLevel::kWarn, "Ending at once, without draining", {{"signal", name}});
      EndNow();
    }
    Ask(kExitOk, name);
  }
}

}  // namespace pugmark
