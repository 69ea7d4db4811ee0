#include "common/log/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "common/base/go_number.h"
#include "common/log/json_line.h"

namespace pugmark {
namespace {

// Both loggers exist from the first line on, so that a change of the encoding is one atomic store.
// Never freed: destructors of statics may still log.
struct Loggers {
  Loggers()
      : json("json", std::make_shared<spdlog::sinks::stderr_sink_mt>()),
        console("console", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
    json.set_pattern("%v");
    console.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%-5l%$ %s:%# %v");
  }

  static Loggers& Get() {
    static Loggers& loggers = *new Loggers;
    return loggers;
  }

  spdlog::logger json;
  spdlog::logger console;
  std::atomic<bool> use_console{false};
};

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kFatal:
      return spdlog::level::critical;
  }
  return spdlog::level::info;
}

Result<LogLevel> ParseLevel(std::string_view name) {
  // zap's levels; its two for panics lie between error and fatal.
  constexpr std::array<std::pair<std::string_view, LogLevel>, 7> kLevels = {{
      {"debug", LogLevel::kDebug},
      {"info", LogLevel::kInfo},
      {"warn", LogLevel::kWarn},
      {"error", LogLevel::kError},
      {"dpanic", LogLevel::kFatal},
      {"panic", LogLevel::kFatal},
      {"fatal", LogLevel::kFatal},
  }};
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const auto& [known, level] : kLevels) {
    if (lower == known) {
      return level;
    }
  }
  return InvalidArgument("log-level: want debug, info, warn, error or fatal, got " + GoQuote(name));
}

std::int64_t SteadyNanoseconds() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

}  // namespace

Status SetUpLogging(const LogConfig& config) {
  const auto level = ParseLevel(config.level);
  if (!level.ok()) {
    return level.error();
  }
  if (config.encoding != "auto" && config.encoding != "json" && config.encoding != "console") {
    return InvalidArgument("log-encoding: want json, console or auto, got " +
                           GoQuote(config.encoding));
  }
  Loggers& loggers = Loggers::Get();
  loggers.json.set_level(ToSpdlog(*level));
  loggers.console.set_level(ToSpdlog(*level));
  loggers.use_console =
      config.encoding == "console" || (config.encoding == "auto" && ::isatty(STDERR_FILENO) != 0);
  return {};
}

bool LogEnabled(LogLevel level) { return Loggers::Get().json.should_log(ToSpdlog(level)); }

void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields,
         std::source_location where) {
  if (!LogEnabled(level)) {
    return;
  }
  Loggers& loggers = Loggers::Get();
  if (loggers.use_console.load(std::memory_order_relaxed)) {
    const spdlog::source_loc source(where.file_name(), static_cast<int>(where.line()),
                                    where.function_name());
    loggers.console.log(source, ToSpdlog(level), ConsoleLogText(event, fields));
  } else {
    loggers.json.log(ToSpdlog(level),
                     JsonLogLine(level, event, fields, where, Clock::System().Now()));
  }
}

bool LogThrottle::Allow(std::uint64_t& suppressed) {
  const std::int64_t now = SteadyNanoseconds();
  std::int64_t next = next_ns_.load(std::memory_order_relaxed);
  const std::int64_t interval_ns = std::int64_t{interval_seconds_} * 1'000'000'000;
  if (now < next || !next_ns_.compare_exchange_strong(next, now + interval_ns)) {
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  suppressed = suppressed_.exchange(0, std::memory_order_relaxed);
  return true;
}

}  // namespace pugmark
