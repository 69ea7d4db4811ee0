#include "common/log/json_line.h"

#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>

using namespace pugmark;

namespace {

const auto kHere = std::source_location::current();
const UnixTime kNow = TimeFromMicros(1'714'521'600'250'000);

std::string Line(std::string_view event, std::initializer_list<LogField> fields = {},
                 UnixTime now = kNow) {
  return JsonLogLine(LogLevel::kInfo, event, fields, kHere, now);
}

}  // namespace

TEST_CASE("log line: as zap's production encoder writes it", "[log]") {
  const std::string caller = "log/json_line_test.cc:" + std::to_string(kHere.line());
  CHECK(Line("ready", {{"port", 14269}, {"store", "rocks"}, {"rate", 0.5}, {"ok", true}}) ==
        R"({"level":"info","ts":1714521600.25,"caller":")" + caller +
            R"(","msg":"ready","port":14269,"store":"rocks","rate":0.5,"ok":true})");
  CHECK(Line("x", {}, TimeFromMicros(1'714'521'600'000'000)).find("\"ts\":1714521600,") !=
        std::string::npos);
  CHECK(Line("x", {}, TimeFromMicros(1'714'521'600'000'001)).find("\"ts\":1714521600.000001,") !=
        std::string::npos);
}

TEST_CASE("log line: level names", "[log]") {
  const auto [level, name] = GENERATE(table<LogLevel, std::string>({{LogLevel::kDebug, "debug"},
                                                                    {LogLevel::kInfo, "info"},
                                                                    {LogLevel::kWarn, "warn"},
                                                                    {LogLevel::kError, "error"},
                                                                    {LogLevel::kFatal, "fatal"}}));
  CHECK(nlohmann::json::parse(JsonLogLine(level, "x", {}, kHere, kNow))["level"] == name);
}

TEST_CASE("log line: whatever a text holds, it is one line of valid JSON", "[log]") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
  }
  const std::string text = GENERATE_COPY(
      std::string("a\"b\\c\n\r\t\x1b[31m\x7f"), std::string("\xff\xc3"),
      std::string("\xed\xa0\x80"), std::string("snow \xe2\x98\x83"), std::string(1, '\0'), all,
      std::string(100'000, 'x'), std::string(100'000, '\xe2'));
  const std::string line = Line(text, {{"key", text}, {text, "value"}});
  for (const char c : line) {
    REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
  }
  const auto parsed = nlohmann::json::parse(line);
  CHECK(parsed["level"] == "info");
  if (text.size() < 100 && text[0] != '\xff' && text[0] != '\xed') {
    CHECK(parsed["msg"] == text);
    CHECK(parsed["key"] == text);
    CHECK(parsed[text] == "value");
  }
}

TEST_CASE("log line: a long text is cut and says so", "[log]") {
  const auto parsed = nlohmann::json::parse(Line("x", {{"key", std::string(5000, 'x')}}));
  CHECK(parsed["key"] == std::string(4096, 'x') + "... (904 bytes more)");
}

TEST_CASE("log line: numbers", "[log]") {
  const double inf = std::numeric_limits<double>::infinity();
  const auto parsed =
      nlohmann::json::parse(Line("x", {{"min", std::numeric_limits<std::int64_t>::min()},
                                       {"max", std::numeric_limits<std::uint64_t>::max()},
                                       {"inf", inf},
                                       {"minus", -inf},
                                       {"nan", std::numeric_limits<double>::quiet_NaN()},
                                       {"small", 1e-9}}));
  CHECK(parsed["min"] == std::numeric_limits<std::int64_t>::min());
  CHECK(parsed["max"] == std::numeric_limits<std::uint64_t>::max());
  CHECK(parsed["inf"] == "+Inf");
  CHECK(parsed["minus"] == "-Inf");
  CHECK(parsed["nan"] == "NaN");
  CHECK(parsed["small"] == 1e-9);
}

TEST_CASE("log line: for a reader", "[log]") {
  CHECK(ConsoleLogText("ready", {{"port", 14269}, {"ok", false}, {"rate", 0.5}}) ==
        "ready port=14269 ok=false rate=0.5");
  CHECK(ConsoleLogText("x", {{"a", "plain"}, {"b", "two words"}, {"c", ""}, {"d", "k=v"}}) ==
        R"(x a=plain b="two words" c="" d="k=v")");
  CHECK(ConsoleLogText("a\x1b[31m", {{"b", "\n\xff"}}) == "a\\u001b[31m b=\\n\xef\xbf\xbd");
}
