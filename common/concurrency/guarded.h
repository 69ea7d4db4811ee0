// A value that is reachable only under its lock.
#pragma once

#include <mutex>
#include <utility>

namespace pugmark {

// sources.With([&](auto& map) { ... }); no I/O and no callback inside.
template <typename T>
class Guarded {
 public:
  template <typename... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  template <typename F>
  decltype(auto) With(F&& use) {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(use)(value_);
  }
  template <typename F>
  decltype(auto) With(F&& use) const {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(use)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

}  // namespace pugmark
