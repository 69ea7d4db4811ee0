// Structured logging over spdlog: one JSON object a line as zap's production encoder writes it
// (level, ts, caller, msg, then fields) on stderr, or readable lines on a terminal.
//
// A line is an event and its values:
//   Log(LogLevel::kError, "storage write failed", {{"backend", "rocks"}, {"spans", 12}});
// It is written before Log returns; whoever logs what strangers cause uses the throttled macro.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.h"

namespace pugmark {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError, kFatal };

struct LogField {
  std::string_view key;
  std::variant<std::string, std::int64_t, std::uint64_t, double, bool> value;

  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  template <typename T>
  requires std::is_integral_v<T> LogField(std::string_view k, T v) : key(k), value(ToInteger(v)) {}

 private:
  template <typename T>
  static std::variant<std::string, std::int64_t, std::uint64_t, double, bool> ToInteger(T v) {
    if constexpr (std::is_signed_v<T>) {
      return static_cast<std::int64_t>(v);
    } else {
      return static_cast<std::uint64_t>(v);
    }
  }
};

struct LogConfig {
  std::string level = "info";     // debug, info, warn, error, fatal
  std::string encoding = "auto";  // json, console; auto: console on a terminal
};

// Call it once at start. Before, lines go to stderr as JSON at level info.
Status SetUpLogging(const LogConfig& config);

[[nodiscard]] bool LogEnabled(LogLevel level);
// Control characters of texts are escaped in both encodings, invalid UTF-8 is repaired, and a text
// of more than 4 KiB is cut.
void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {},
         std::source_location where = std::source_location::current());

// Lets one line through per `interval_seconds` and counts the others, which the next line reports
// as "suppressed".
class LogThrottle {
 public:
  explicit LogThrottle(int interval_seconds = 10) : interval_seconds_(interval_seconds) {}
  // Whether to log now; `suppressed` gets how many were held back since the last one.
  bool Allow(std::uint64_t& suppressed);

 private:
  const int interval_seconds_;
  std::atomic<std::int64_t> next_ns_{0};
  std::atomic<std::uint64_t> suppressed_{0};
};

}  // namespace pugmark

// Logs at most every ten seconds from this place.
#define PUGMARK_LOG_THROTTLED(level, event, ...)                                              \
  do {                                                                                        \
    static ::pugmark::LogThrottle pugmark_throttle;                                           \
    std::uint64_t pugmark_suppressed = 0;                                                     \
    if (pugmark_throttle.Allow(pugmark_suppressed)) {                                         \
      ::pugmark::Log(                                                                         \
          level, event,                                                                       \
          {__VA_ARGS__ __VA_OPT__(, )::pugmark::LogField("suppressed", pugmark_suppressed)}); \
    }                                                                                         \
  } while (false)
