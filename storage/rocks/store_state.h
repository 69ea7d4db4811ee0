// Whether the store takes writes, and what it says about itself when it does not.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "common/base/result.h"
#include "common/concurrency/guarded.h"

namespace pugmark::rocks {

// Thread safety: may be called concurrently.
class StoreState {
 public:
  explicit StoreState(std::function<void(const std::string& why)> on_fatal)
      : on_fatal_(std::move(on_fatal)) {}

  // The store cannot write any more; reads go on. The first call counts, and tells `on_fatal`.
  void SetFatal(const std::string& why) {
    const bool is_first = fatal_.With([&](std::string& text) {
      const bool first = text.empty();
      if (first) {
        text = why.empty() ? "unknown error" : why;
      }
      return first;
    });
    if (is_first) {
      is_fatal_.store(true);
      if (on_fatal_) {
        on_fatal_(why);
      }
    }
  }
  void SetSpace(bool is_low) { is_space_low_.store(is_low); }
  void SetDraining() { is_draining_.store(true); }
  [[nodiscard]] bool is_fatal() const { return is_fatal_.load(); }
  [[nodiscard]] bool is_space_low() const { return is_space_low_.load(); }
  // Whether a write may start; each refusal can be retried, here or elsewhere.
  [[nodiscard]] Status MayWrite() const {
    if (is_fatal()) {
      return Unavailable("the store has failed and waits for a restart: " + fatal_text());
    }
    if (is_draining_.load()) {
      return Unavailable("the store is shutting down");
    }
    if (is_space_low()) {
      return Unavailable("less than 10 % of the disk is free");
    }
    return {};
  }

 private:
  [[nodiscard]] std::string fatal_text() const {
    return fatal_.With([](const std::string& text) { return text; });
  }

  const std::function<void(const std::string& why)> on_fatal_;
  std::atomic<bool> is_fatal_{false};
  std::atomic<bool> is_space_low_{false};
  std::atomic<bool> is_draining_{false};
  Guarded<std::string> fatal_;
};

}  // namespace pugmark::rocks
