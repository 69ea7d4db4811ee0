#include "query/api/http_v1/search_parameters.h"

#include <catch2/catch.hpp>
#include <string>

namespace pugmark {
namespace {

constexpr std::int64_t kNowUs = 2'000'000'000'000'000;
constexpr std::int64_t kHourUs = 3'600'000'000;

Result<SearchParameters> Parse(std::string_view query, bool may_leave_out_service = false) {
  return ParseSearchParameters(QueryParameters::Parse(query), TimeFromMicros(kNowUs),
                               may_leave_out_service);
}

std::string Text(const FilterValue& value) { return std::get<std::string>(value); }

}  // namespace

TEST_CASE("search parameters: what is not given", "[query]") {
  const auto search = Parse("service=a");
  REQUIRE(search.ok());
  CHECK(search->query.service == "a");
  CHECK_FALSE(search->query.operation);
  CHECK(search->query.filter.IsTrivial());
  CHECK(ToMicros(search->query.start.min) == kNowUs - 48 * kHourUs);
  CHECK(ToMicros(search->query.start.max) == kNowUs);
  CHECK(search->query.duration.min == Nanoseconds::min());
  CHECK(search->query.duration.max == Nanoseconds::max());
  CHECK(search->query.limit == 100);
  CHECK_FALSE(search->raw);
  CHECK(search->trace_ids.empty());
}

TEST_CASE("search parameters: all of them", "[query]") {
  const auto search = Parse(
      "service=a&operation=GET+%2F&start=5&end=7&limit=3&minDuration=1ms&maxDuration=1.5s"
      "&tag=k:v:w&tag=x:&tags=%7B%22a.b%22%3A%22c%22%7D&raw=true&lookback=zzz&traceID=1f&traceID="
      "2");
  REQUIRE(search.ok());
  CHECK(search->query.operation == "GET /");
  CHECK(search->query.start.min == TimeFromMicros(5));
  CHECK(search->query.start.max == TimeFromMicros(7));
  CHECK(search->query.limit == 3);
  CHECK(search->query.duration.min == std::chrono::milliseconds(1));
  CHECK(search->query.duration.max == std::chrono::milliseconds(1500));
  CHECK(search->raw);
  REQUIRE(search->trace_ids.size() == 2);
  CHECK(search->trace_ids[0] == TraceId{0, 0x1f});
  const auto& tags = search->query.filter.children;
  REQUIRE(tags.size() == 3);
  CHECK(tags[0].key == "a.b");
  CHECK(Text(tags[0].values[0]) == "c");
  CHECK(tags[1].key == "k");
  CHECK(Text(tags[1].values[0]) == "v:w");
  CHECK(tags[2].key == "x");
  CHECK(Text(tags[2].values[0]).empty());
  CHECK(tags[2].as_text);
  CHECK(tags[2].level == FilterLevel::kJaegerTag);
}

TEST_CASE("search parameters: the last of equal tags counts", "[query]") {
  const auto search = Parse("service=a&tag=k:1&tag=k:2&tags=%7B%22k%22%3A%223%22%7D");
  REQUIRE(search.ok());
  REQUIRE(search->query.filter.children.size() == 1);
  CHECK(Text(search->query.filter.children[0].values[0]) == "3");
}

TEST_CASE("search parameters: limits", "[query]") {
  const auto [text, wanted] = GENERATE(table<std::string, std::size_t>(
      {{"1", 1}, {"%2B7", 7}, {"1500", 1500}, {"0", 100}, {"-1", 100}, {"2147483647", 10'000}}));
  CAPTURE(text);
  const auto search = Parse("service=a&limit=" + text);
  REQUIRE(search.ok());
  CHECK(search->query.limit == wanted);
}

TEST_CASE("search parameters: times past 64 bits saturate", "[query]") {
  const auto search = Parse("service=a&start=-9223372036854775808&end=9223372036854775807");
  REQUIRE(search.ok());
  CHECK(search->query.start.min == kMinTime);
  CHECK(search->query.start.max == kMaxTime);
}

TEST_CASE("search parameters: mistakes, in Jaeger's words", "[query]") {
  const auto [query, wanted] = GENERATE(table<std::string, std::string>({
      {"", "parameter 'service' is required"},
      {"service=", "parameter 'service' is required"},
      {"operation=x", "parameter 'service' is required"},
      {"service=a&start=abc",
       R"(unable to parse param 'start': strconv.ParseInt: parsing "abc": invalid syntax)"},
      {"service=a&end=1.5",
       R"(unable to parse param 'end': strconv.ParseInt: parsing "1.5": invalid syntax)"},
      {"start=99999999999999999999",
       R"(unable to parse param 'start': strconv.ParseInt: parsing "99999999999999999999": )"
       "value out of range"},
      {"service=a&limit=ten", R"(strconv.ParseInt: parsing "ten": invalid syntax)"},
      {"service=a&limit=99999999999",
       R"(strconv.ParseInt: parsing "99999999999": value out of range)"},
      {"service=a&minDuration=5",
       R"(unable to parse param 'minDuration': time: missing unit in duration "5")"},
      {"service=a&maxDuration=5parsecs",
       R"(unable to parse param 'maxDuration': time: unknown unit "parsecs" in duration "5parsecs")"},
      {"service=a&minDuration=x",
       R"(unable to parse param 'minDuration': time: invalid duration "x")"},
      {"service=a&minDuration=5ms&maxDuration=1ms",
       "'maxDuration' should be greater than 'minDuration'"},
      {"service=a&tag=nope", "malformed 'tag' parameter, expecting key:value, received: nope"},
      {"service=a&tags=%7Bx",
       "malformed 'tags' parameter, cannot unmarshal JSON: invalid character 'x' looking for "
       "beginning of object key string"},
      {"service=a&tags=%7B%22a%22%3A1%7D",
       "malformed 'tags' parameter, cannot unmarshal JSON: json: cannot unmarshal number into Go "
       "value of type string"},
      {"traceID=zz",
       R"(cannot parse traceID param: strconv.ParseUint: parsing "zz": invalid syntax)"},
      {"service=a&raw=maybe",
       R"(unable to parse param 'raw': strconv.ParseBool: parsing "maybe": invalid syntax)"},
      // The first mistake in Jaeger's order is the one that is told.
      {"limit=x&start=y&tag=z",
       R"(unable to parse param 'start': strconv.ParseInt: parsing "y": invalid syntax)"},
  }));
  CAPTURE(query);
  const auto search = Parse(query);
  REQUIRE_FALSE(search.ok());
  CHECK(search.error().message == wanted);
}

TEST_CASE("search parameters: durations of zero are open ends", "[query]") {
  CHECK(Parse("service=a&minDuration=5ms&maxDuration=0s").ok());
  CHECK(Parse("service=a&minDuration=0s").ok());
  CHECK(Parse("service=a&minDuration=5ms&maxDuration=5ms").ok());
}

TEST_CASE("search parameters: a store that can needs no service beside something else", "[query]") {
  for (const std::string query : {"operation=x", "tag=a:b", "tags={}", "minDuration=1s",
                                  "maxDuration=1s", "start=1", "end=1"}) {
    CAPTURE(query);
    CHECK(Parse(query, true).ok());
    CHECK_FALSE(Parse(query, false).ok());
  }
  CHECK_FALSE(Parse("", true).ok());
  CHECK_FALSE(Parse("service=&limit=20", true).ok());
}

TEST_CASE("lookup parameters", "[query]") {
  const auto plain = ParseLookupParameters(QueryParameters(), "1f");
  REQUIRE(plain.ok());
  CHECK(plain->lookup.trace_id == TraceId{0, 0x1f});
  CHECK_FALSE(plain->lookup.hint);
  CHECK_FALSE(plain->raw);

  const auto hinted =
      ParseLookupParameters(QueryParameters::Parse("start=1&end=2&raw=1"), "AAAAAAAAAME%3D");
  REQUIRE(hinted.ok());
  CHECK(hinted->lookup.trace_id == TraceId{0, 0xc1});
  REQUIRE(hinted->lookup.hint);
  CHECK(hinted->lookup.hint->min == TimeFromMicros(1));
  CHECK(hinted->lookup.hint->max == TimeFromMicros(2));
  CHECK(hinted->raw);

  const auto bad = ParseLookupParameters(QueryParameters::Parse("start=x"), "1f");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().message ==
        R"(unable to parse param 'start': strconv.ParseInt: parsing "x": invalid syntax)");
}

TEST_CASE("dependency window", "[query]") {
  const UnixTime now = TimeFromMicros(kNowUs);
  const auto window = [now](std::string_view query) {
    return ParseDependencyWindow(QueryParameters::Parse(query), now);
  };
  REQUIRE(window("").ok());
  CHECK(window("")->max == now);
  CHECK(window("")->min == now - std::chrono::hours(24));
  CHECK(window("endTs=5000&lookback=2000")->max == TimeFromMillis(5000));
  CHECK(window("endTs=5000&lookback=2000")->min == TimeFromMillis(3000));
  CHECK(window("endTs=-5&lookback=-9223372036854775808").ok());
  CHECK(window("endTs=x").error().message ==
        R"(unable to parse param 'endTs': strconv.ParseInt: parsing "x": invalid syntax)");
  CHECK(window("lookback=1h").error().message ==
        R"(unable to parse param 'lookback': strconv.ParseInt: parsing "1h": invalid syntax)");
}

}  // namespace pugmark
