// A clock that stands still until a test moves it.
#pragma once

#include <atomic>

#include "common/base/time.h"

namespace pugmark::testing {

class FakeClock : public Clock {
 public:
  explicit FakeClock(UnixTime now) : now_(now.time_since_epoch().count()) {}

  [[nodiscard]] UnixTime Now() const override { return UnixTime(Nanoseconds(now_.load())); }
  void Advance(Nanoseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_;
};

}  // namespace pugmark::testing
