// The time by which data may be deleted: a wall clock whose jumps are not believed at once.
#pragma once

#include <chrono>
#include <optional>

#include "common/base/time.h"

namespace pugmark::rocks {

// A clock that was set forward by mistake must not make a store delete all that it has.
//
// Thread safety: one thread at a time.
class ConfirmedClock {
 public:
  using Steady = std::chrono::steady_clock;

  // What the wall clock may gain on the steady one unnoticed.
  static constexpr Nanoseconds kTolerance = std::chrono::hours(1);

  // `known` has passed: the time of the newest data, say. A jump is believed after it has lasted
  // for `patience`.
  ConfirmedClock(UnixTime known, Steady::time_point now, std::chrono::nanoseconds patience)
      : time_(known), at_(now), patience_(patience) {}

  // The time to go by when the clocks show these.
  UnixTime Confirm(UnixTime wall, Steady::time_point now) {
    const UnixTime expected = AddSaturating(time_, now - at_);
    if (wall > AddSaturating(expected, kTolerance)) {
      if (!jumped_at_) {
        jumped_at_ = now;
      }
      if (now - *jumped_at_ < patience_) {
        return expected;
      }
    }
    jumped_at_.reset();
    time_ = wall;
    at_ = now;
    return wall;
  }

 private:
  UnixTime time_;          // last believed,
  Steady::time_point at_;  // and when that was
  const std::chrono::nanoseconds patience_;
  std::optional<Steady::time_point> jumped_at_;
};

}  // namespace pugmark::rocks
