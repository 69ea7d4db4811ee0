#include "common/base/go_duration.h"

#include <catch2/catch.hpp>

namespace pugmark {

// Texts and errors as Go 1.22's time package gives them.
TEST_CASE("go duration: valid texts", "[base]") {
  const auto [text, ns] = GENERATE(table<std::string, std::int64_t>({
      {"0", 0},
      {"5s", 5'000'000'000},
      {"+5s", 5'000'000'000},
      {"-5.6ms", -5'600'000},
      {"1.5h", 5'400'000'000'000},
      {"72h0m0s", 259'200'000'000'000},
      {"1m30s", 90'000'000'000},
      {"100us", 100'000},
      {"100\xc2\xb5s", 100'000},
      {".5s", 500'000'000},
      {"5.s", 5'000'000'000},
      {"0.100000000000000000000h", 360'000'000'000},
      {"9223372036854775807ns", 9'223'372'036'854'775'807},
      {"-9223372036854775808ns", INT64_MIN},
  }));
  CAPTURE(text);
  const auto parsed = ParseGoDuration(text);
  REQUIRE(parsed.ok());
  CHECK(parsed->count() == ns);
}

TEST_CASE("go duration: errors have Go's words", "[base]") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"", "time: invalid duration \"\""},
      {"x", "time: invalid duration \"x\""},
      {".s", "time: invalid duration \".s\""},
      {"-", "time: invalid duration \"-\""},
      {"5", "time: missing unit in duration \"5\""},
      {"5parsecs", "time: unknown unit \"parsecs\" in duration \"5parsecs\""},
      {"9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""},
      {"3000000h", "time: invalid duration \"3000000h\""},
  }));
  CAPTURE(text);
  const auto parsed = ParseGoDuration(text);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().message == message);
}

TEST_CASE("go duration: text", "[base]") {
  const auto [ns, text] = GENERATE(table<std::int64_t, std::string>({
      {0, "0s"},
      {1, "1ns"},
      {1'100, "1.1\xc2\xb5s"},
      {2'200'000, "2.2ms"},
      {3'300'000'000, "3.3s"},
      {245'000'000'000, "4m5s"},
      {245'001'000'000, "4m5.001s"},
      {18'367'001'000'000, "5h6m7.001s"},
      {259'200'000'000'000, "72h0m0s"},
      {-1'500'000, "-1.5ms"},
      {INT64_MIN, "-2562047h47m16.854775808s"},
  }));
  CHECK(FormatGoDuration(Nanoseconds(ns)) == text);
}

}  // namespace pugmark
