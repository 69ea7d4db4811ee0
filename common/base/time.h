// Points in time and their saturating conversions. Inside Pugmark times are nanoseconds since 1970;
// Jaeger's APIs speak microseconds (milliseconds for dependencies), and whatever does not fit in 64
// bits saturates.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace pugmark {

using Nanoseconds = std::chrono::nanoseconds;
using UnixTime = std::chrono::sys_time<Nanoseconds>;

inline constexpr UnixTime kMinTime{Nanoseconds::min()};
inline constexpr UnixTime kMaxTime{Nanoseconds::max()};

// `value` * `factor`, saturating. `factor` is positive.
[[nodiscard]] constexpr std::int64_t SaturatingMultiply(std::int64_t value, std::int64_t factor) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(value, factor, &product)) {
    return value < 0 ? std::numeric_limits<std::int64_t>::min()
                     : std::numeric_limits<std::int64_t>::max();
  }
  return product;
}

[[nodiscard]] constexpr std::int64_t SaturatingAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    return b < 0 ? std::numeric_limits<std::int64_t>::min()
                 : std::numeric_limits<std::int64_t>::max();
  }
  return sum;
}

[[nodiscard]] constexpr Nanoseconds DurationFromMicros(std::int64_t us) {
  return Nanoseconds(SaturatingMultiply(us, 1000));
}
[[nodiscard]] constexpr UnixTime TimeFromMicros(std::int64_t us) {
  return UnixTime(DurationFromMicros(us));
}
[[nodiscard]] constexpr UnixTime TimeFromMillis(std::int64_t ms) {
  return UnixTime(Nanoseconds(SaturatingMultiply(ms, 1'000'000)));
}
// Seconds and nanoseconds, as google.protobuf.Timestamp and Duration have them.
[[nodiscard]] constexpr Nanoseconds DurationFromParts(std::int64_t seconds, std::int64_t nanos) {
  return Nanoseconds(SaturatingAdd(SaturatingMultiply(seconds, 1'000'000'000), nanos));
}
[[nodiscard]] constexpr UnixTime AddSaturating(UnixTime time, Nanoseconds duration) {
  return UnixTime(Nanoseconds(SaturatingAdd(time.time_since_epoch().count(), duration.count())));
}
// Rounds down, also before 1970.
[[nodiscard]] constexpr std::int64_t ToMicros(UnixTime time) {
  return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
}
[[nodiscard]] constexpr std::int64_t ToMicros(Nanoseconds duration) {
  return std::chrono::floor<std::chrono::microseconds>(duration).count();
}

// The wall clock, passed to whatever needs it so that tests can set the time.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual UnixTime Now() const {
    return std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
  }
  // The process-wide system clock.
  static const Clock& System() {
    static const Clock clock;
    return clock;
  }
};

}  // namespace pugmark
