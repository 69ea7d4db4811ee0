#include "query/api/go_time.h"

#include <catch2/catch.hpp>
#include <string>

namespace pugmark {

TEST_CASE("go time: what is read", "[query]") {
  const auto [text, nanos] = GENERATE(table<std::string, std::int64_t>({
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T00:00:01.5Z", 1'500'000'000},
      {"1970-01-01T00:00:00.000000001Z", 1},
      {"1970-01-01T00:00:00.0000000019Z", 1},
      {"1970-01-01T00:00:00,25Z", 250'000'000},
      {"1970-01-01T02:00:00+02:00", 0},
      {"1969-12-31T22:30:00-01:30", 0},
      {"2026-11-19T14:53:20.000000Z", 1'795'100'000'000'000'000},
      {"2024-02-29T00:00:00Z", 1'709'164'800'000'000'000},
      {"1970-01-01T7:00:00Z", 25'200'000'000'000},
      {"0001-01-01T00:00:00Z", std::numeric_limits<std::int64_t>::min()},
      {"9999-12-31T23:59:59Z", std::numeric_limits<std::int64_t>::max()},
  }));
  CAPTURE(text);
  const auto time = ParseGoRfc3339(text);
  REQUIRE(time.ok());
  CHECK(time->time_since_epoch().count() == nanos);
}

TEST_CASE("go time: what is refused, in Go's words", "[query]") {
  const std::string as = R"( as "2006-01-02T15:04:05.999999999Z07:00": cannot parse )";
  const auto [text, wanted] = GENERATE_COPY(table<std::string, std::string>({
      {"x", as + R"("x" as "2006")"},
      {"", as + R"("" as "2006")"},
      {"20a6-01-01T00:00:00Z", as + R"("20a6-01-01T00:00:00Z" as "2006")"},
      {"2026", as + R"("" as "-")"},
      {"2026-11-19", as + R"("" as "T")"},
      {"2026-11-19 14:53:20Z", as + R"(" 14:53:20Z" as "T")"},
      {"2026-1-19T14:53:20Z", as + R"("1-19T14:53:20Z" as "01")"},
      {"2026-11-19Tx", as + R"("x" as "15")"},
      {"2026-11-19T14:53:20", as + R"("" as "Z07:00")"},
      {"2026-11-19T14:53:20+0200", as + R"("+0200" as "Z07:00")"},
      {"2026-13-19T14:53:20Z", ": month out of range"},
      {"2026-11-31T14:53:20Z", ": day out of range"},
      {"2026-02-29T14:53:20Z", ": day out of range"},
      {"2026-11-00T14:53:20Z", ": day out of range"},
      {"2026-11-19T24:53:20Z", ": hour out of range"},
      {"2026-11-19T14:60:20Z", ": minute out of range"},
      {"2026-11-19T14:53:60Z", ": second out of range"},
      {"2026-11-19T14:53:20+25:00", ": time zone offset hour out of range"},
      {"2026-11-19T14:53:20ZZ", R"(: extra text: "Z")"},
  }));
  CAPTURE(text);
  const auto time = ParseGoRfc3339(text);
  REQUIRE_FALSE(time.ok());
  CHECK(time.error().message == "parsing time \"" + text + "\"" + wanted);
}

}  // namespace pugmark
