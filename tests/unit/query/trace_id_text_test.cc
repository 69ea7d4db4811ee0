#include "query/api/trace_id_text.h"

#include <catch2/catch.hpp>
#include <string>

namespace pugmark {

TEST_CASE("trace id text: every spelling", "[query]") {
  const auto [text, high, low] = GENERATE(table<std::string, std::uint64_t, std::uint64_t>({
      {"0", 0, 0},
      {"1", 0, 1},
      {"4d2", 0, 0x4d2},
      {"FFFFFFFFFFFFFFFF", 0, 0xffffffffffffffff},
      {"1ffffffffffffffff", 1, 0xffffffffffffffff},
      {"000000000000000c00000000000000c1", 0xc, 0xc1},
      {"000000000000000C00000000000000C1", 0xc, 0xc1},
      {"AAAAAAAAAAwAAAAAAAAAwQ==", 0xc, 0xc1},
      {"AAAAAAAAAAwAAAAAAAAAwQ", 0xc, 0xc1},
      {"AAAAAAAAAME=", 0, 0xc1},
      {"/////////////////////w==", 0xffffffffffffffff, 0xffffffffffffffff},
      {"_____________________w", 0xffffffffffffffff, 0xffffffffffffffff},
  }));
  CAPTURE(text);
  const auto id = ParseTraceIdText(text);
  REQUIRE(id.ok());
  CHECK(id->high == high);
  CHECK(id->low == low);
}

TEST_CASE("trace id text: what is refused, in Go's words", "[query]") {
  const auto [text, wanted] = GENERATE(table<std::string, std::string>({
      {"", R"(strconv.ParseUint: parsing "": invalid syntax)"},
      {"xyz", R"(strconv.ParseUint: parsing "xyz": invalid syntax)"},
      {"0x12", R"(strconv.ParseUint: parsing "0x12": invalid syntax)"},
      {"g0000000000000001", R"(strconv.ParseUint: parsing "g": invalid syntax)"},
      {"1000000000000000g", R"(strconv.ParseUint: parsing "000000000000000g": invalid syntax)"},
      {std::string(33, 'a'),
       "TraceID cannot be longer than 32 hex characters: " + std::string(33, 'a')},
      {"====", R"(strconv.ParseUint: parsing "====": invalid syntax)"},
  }));
  CAPTURE(text);
  const auto id = ParseTraceIdText(text);
  REQUIRE_FALSE(id.ok());
  CHECK(id.error().message == wanted);
}

}  // namespace pugmark
