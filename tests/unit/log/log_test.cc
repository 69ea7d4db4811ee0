#include "common/log/log.h"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

using namespace pugmark;

namespace {

// Standard error goes to a file while this lives.
class CapturedStderr {
 public:
  CapturedStderr() : saved_(::dup(STDERR_FILENO)), file_(::memfd_create("stderr", 0)) {
    ::dup2(file_, STDERR_FILENO);
  }
  ~CapturedStderr() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    ::close(file_);
  }
  [[nodiscard]] std::vector<std::string> Lines() const {
    std::string text(1 << 20, '\0');
    const ssize_t size = ::pread(file_, text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
      lines.push_back(line);
    }
    return lines;
  }

 private:
  const int saved_;
  const int file_;
};

}  // namespace

TEST_CASE("logging: lines of the level and above are written", "[log]") {
  const auto [level, expected] = GENERATE(table<std::string, std::size_t>(
      {{"debug", 5}, {"info", 4}, {"warn", 3}, {"error", 2}, {"fatal", 1}, {"INFO", 4}}));
  CAPTURE(level);
  REQUIRE(SetUpLogging({level, "json"}).ok());
  const CapturedStderr captured;
  for (const auto each :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError, LogLevel::kFatal}) {
    Log(each, "event");
  }
  CHECK(captured.Lines().size() == expected);
  CHECK(LogEnabled(LogLevel::kDebug) == (expected == 5));
}

TEST_CASE("logging: without a terminal the encoding is JSON", "[log]") {
  REQUIRE(SetUpLogging({}).ok());
  const CapturedStderr captured;
  REQUIRE(SetUpLogging({"info", "auto"}).ok());
  Log(LogLevel::kInfo, "event", {{"spans", 12}});
  REQUIRE(captured.Lines().size() == 1);
  const auto line = nlohmann::json::parse(captured.Lines()[0]);
  CHECK(line["msg"] == "event");
  CHECK(line["spans"] == 12);
  CHECK_THAT(line["caller"].get<std::string>(), Catch::StartsWith("log/log_test.cc:"));
}

TEST_CASE("logging: console lines", "[log]") {
  REQUIRE(SetUpLogging({"info", "console"}).ok());
  const CapturedStderr captured;
  Log(LogLevel::kWarn, "event {} with braces", {{"spans", 12}});
  REQUIRE(captured.Lines().size() == 1);
  CHECK_THAT(captured.Lines()[0], Catch::Contains("warn") && Catch::Contains("log_test.cc:") &&
                                      Catch::EndsWith("event {} with braces spans=12"));
}

TEST_CASE("logging: bad settings are named", "[log]") {
  const auto [config, name] =
      GENERATE(table<LogConfig, std::string>({{{"loud", "json"}, "log-level"},
                                              {{"", "json"}, "log-level"},
                                              {{"info", "xml"}, "log-encoding"}}));
  const auto status = SetUpLogging(config);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == ErrorCode::kInvalidArgument);
  CHECK_THAT(status.error().message, Catch::StartsWith(name + ": want "));
}

TEST_CASE("logging: lines of several threads stay whole", "[log]") {
  REQUIRE(SetUpLogging({"info", "json"}).ok());
  const CapturedStderr captured;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([thread] {
        for (int i = 0; i < 100; ++i) {
          Log(LogLevel::kInfo, "event", {{"thread", thread}, {"text", std::string(500, 'x')}});
        }
      });
    }
  }
  const auto lines = captured.Lines();
  CHECK(lines.size() == 400);
  for (const std::string& line : lines) {
    CHECK(nlohmann::json::accept(line));
  }
}

TEST_CASE("log throttle: one passes, the others are counted", "[log]") {
  LogThrottle throttle(3600);
  std::uint64_t suppressed = 7;
  REQUIRE(throttle.Allow(suppressed));
  CHECK(suppressed == 0);
  CHECK_FALSE(throttle.Allow(suppressed));
  CHECK_FALSE(throttle.Allow(suppressed));

  LogThrottle always(0);
  CHECK(always.Allow(suppressed));
  CHECK(always.Allow(suppressed));
  CHECK(suppressed == 0);
}

TEST_CASE("log throttle: of many threads one passes", "[log]") {
  LogThrottle throttle(3600);
  std::atomic<int> passed{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 1000; ++j) {
          std::uint64_t suppressed = 0;
          passed += throttle.Allow(suppressed) ? 1 : 0;
        }
      });
    }
  }
  CHECK(passed == 1);
}

TEST_CASE("logging: the throttled macro reports what it held back", "[log]") {
  REQUIRE(SetUpLogging({"info", "json"}).ok());
  const CapturedStderr captured;
  for (int i = 0; i < 3; ++i) {
    PUGMARK_LOG_THROTTLED(LogLevel::kWarn, "again", LogField("n", i));
    PUGMARK_LOG_THROTTLED(LogLevel::kWarn, "and again");
  }
  REQUIRE(captured.Lines().size() == 2);
  CHECK(nlohmann::json::parse(captured.Lines()[0])["suppressed"] == 0);
}
