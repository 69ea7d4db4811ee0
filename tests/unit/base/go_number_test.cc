#include "common/base/go_number.h"

#include <catch2/catch.hpp>

namespace pugmark {

TEST_CASE("go number: integers", "[base]") {
  CHECK(*ParseGoInt("-42") == -42);
  CHECK(*ParseGoInt("+7") == 7);
  CHECK(*ParseGoInt("9223372036854775807") == INT64_MAX);
  CHECK(*ParseGoInt("-9223372036854775808") == INT64_MIN);
  CHECK(*ParseGoInt("-2147483648", 32) == INT32_MIN);
  const auto [text, bits, message] = GENERATE(table<std::string, int, std::string>({
      {"", 64, R"(strconv.ParseInt: parsing "": invalid syntax)"},
      {"-", 64, R"(strconv.ParseInt: parsing "-": invalid syntax)"},
      {"1.5", 64, R"(strconv.ParseInt: parsing "1.5": invalid syntax)"},
      {"a\"b", 64, R"(strconv.ParseInt: parsing "a\"b": invalid syntax)"},
      {"99999999999", 32, R"(strconv.ParseInt: parsing "99999999999": value out of range)"},
      {"2147483648", 32, R"(strconv.ParseInt: parsing "2147483648": value out of range)"},
      {"99999999999999999999", 64,
       R"(strconv.ParseInt: parsing "99999999999999999999": value out of range)"},
  }));
  CAPTURE(text);
  const auto parsed = ParseGoInt(text, bits);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().message == message);
}

TEST_CASE("go number: hexadecimal, floats and booleans", "[base]") {
  CHECK(*ParseGoHex("00ffFF") == 0xffff);
  CHECK(ParseGoHex("xyz").error().message == R"(strconv.ParseUint: parsing "xyz": invalid syntax)");
  CHECK(*ParseGoFloat("0.95") == 0.95);
  CHECK(ParseGoFloat("").error().message == R"(strconv.ParseFloat: parsing "": invalid syntax)");
  CHECK(*ParseGoBool("T"));
  CHECK_FALSE(*ParseGoBool("0"));
  CHECK(ParseGoBool("yes").error().message ==
        R"(strconv.ParseBool: parsing "yes": invalid syntax)");
}

TEST_CASE("go number: quoting", "[base]") {
  CHECK(GoQuote("a\tb\\\x01") == R"("a\tb\\\x01")");
  CHECK(GoQuote("\xff") == R"("\xff")");
  CHECK(GoQuote("\xc3\xa9") == "\"\xc3\xa9\"");
}

}  // namespace pugmark
