#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "api_fixture.h"
#include "query/api/api_v3/json.h"
#include "query/api/api_v3/parameters.h"

namespace pugmark {
namespace {

using nlohmann::json;

constexpr std::string_view kTimes =
    "&query.startTimeMin=2026-11-19T14:53:20Z&query.startTimeMax=2026-11-25T15:20:00Z";

Result<V3SearchParameters> Parse(const std::string& query) {
  return ParseV3Search(QueryParameters::Parse(query));
}

}  // namespace

TEST_CASE("api v3: both spellings of every search parameter", "[query]") {
  const std::string query = GENERATE(
      "query.serviceName=s&query.operationName=o&query.searchDepth=7&query.durationMin=1ms"
      "&query.durationMax=1 s&query.rawTraces=true&query.attributes=%7B%22k%22%3A%22v%22%7D"
      "&query.startTimeMin=2026-11-19T14:53:20Z&query.startTimeMax=2026-11-25T15:20:00Z",
      "query.service_name=s&query.operation_name=o&query.search_depth=7&query.duration_min=1 ms"
      "&query.duration_max=1s&query.raw_traces=1&query.attributes=%7B%22k%22%3A%22v%22%7D"
      "&query.start_time_min=2026-11-19T14:53:20%2B00:00"
      "&query.start_time_max=2026-11-25T15:20:00+00:00",
      "query.service_name=s&query.operation_name=o&query.num_traces=7&query.duration_min=1ms"
      "&query.duration_max=1s&query.raw_traces=1&query.attributes=%7B%22k%22%3A%22v%22%7D"
      "&query.start_time_min=2026-11-19T14:53:20Z&query.start_time_max=2026-11-25T15:20:00Z");
  CAPTURE(query);
  const auto search = Parse(query);
  REQUIRE(search.ok());
  CHECK(search->query.service == "s");
  CHECK(search->query.operation == "o");
  CHECK(search->query.limit == 7);
  CHECK(search->query.duration.min == std::chrono::milliseconds(1));
  CHECK(search->query.duration.max == std::chrono::seconds(1));
  CHECK(search->query.start.min == TimeFromMicros(1'795'100'000'000'000));
  CHECK(search->query.start.max == TimeFromMicros(1'795'620'000'000'000));
  CHECK(search->raw);
  REQUIRE(search->query.filter.children.size() == 1);
  CHECK(search->query.filter.children[0].level == FilterLevel::kAny);
  CHECK(search->query.filter.children[0].key == "k");
}

TEST_CASE("api v3: mistakes, in the words of 2.20", "[query]") {
  const auto [query, wanted] = GENERATE(table<std::string, std::string>({
      {"query.serviceName=a", "query.startTimeMin and query.startTimeMax are required"},
      {"query.startTimeMin=2026-11-19T14:53:20Z",
       "query.startTimeMin and query.startTimeMax are required"},
      {"query.start_time_min=x&query.start_time_max=y",
       R"(malformed parameter query.start_time_min: parsing time "x" as )"
       R"("2006-01-02T15:04:05.999999999Z07:00": cannot parse "x" as "2006")"},
      {"query.startTimeMin=2026-11-25T15:20:00Z&query.startTimeMax=2026-11-19T14:53:20Z",
       "query.startTimeMin must be before query.startTimeMax"},
      {"query.duration_min=x" + std::string(kTimes),
       R"(malformed parameter query.duration_min: time: invalid duration "x")"},
      {"query.search_depth=x" + std::string(kTimes),
       R"(malformed parameter query.search_depth: strconv.Atoi: parsing "x": invalid syntax)"},
      {"query.attributes=%7B" + std::string(kTimes),
       "malformed parameter query.attributes: unexpected end of JSON input"},
      {"query.rawTraces=maybe" + std::string(kTimes),
       R"(malformed parameter query.rawTraces: strconv.ParseBool: parsing "maybe": )"
       "invalid syntax"},
  }));
  CAPTURE(query);
  const auto search = Parse(query);
  REQUIRE_FALSE(search.ok());
  CHECK(search.error().message == wanted);
}

TEST_CASE("api v3: lookups", "[query]") {
  const auto lookup = ParseV3Lookup(
      QueryParameters::Parse("startTime=1970-01-01T00:00:01Z&raw_traces=true"), "31A");
  REQUIRE(lookup.ok());
  CHECK(lookup->lookup.trace_id == TraceId{0, 0x31a});
  CHECK(lookup->raw);
  REQUIRE(lookup->lookup.hint);
  CHECK(lookup->lookup.hint->min == TimeFromMillis(1'000));
  CHECK(lookup->lookup.hint->max == kMaxTime);
  CHECK_FALSE(ParseV3Lookup(QueryParameters(), "1")->lookup.hint);
  const auto bad = ParseV3Lookup(QueryParameters(), "xyz");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().message == "malformed parameter trace_id: invalid length for TraceID");
}

TEST_CASE("api v3: services and operations", "[query]") {
  FakeStorage storage;
  ApiFixture api(storage);
  CHECK(api.Get("/api/v3/services").body == R"({"services":[]})");
  CHECK(api.Get("/api/v3/services").content_type == "application/json");
  storage.traces = {{TestSpan{.service = "b"}}, {TestSpan{.trace_id = {0, 2}, .service = "a"}}};
  storage.operations["a"] = {{"x", SpanKind::kUnspecified}, {"y", SpanKind::kServer}};
  CHECK(api.Get("/api/v3/services").body == R"({"services":["a","b"]})");
  CHECK(api.Get("/api/v3/operations?service=a").body ==
        R"({"operations":[{"name":"x","spanKind":"internal"},{"name":"y","spanKind":"server"}]})");
  for (const std::string_view name : {"spanKind", "span_kind"}) {
    CHECK(api.Get("/api/v3/operations?service=a&" + std::string(name) + "=server").body ==
          R"({"operations":[{"name":"y","spanKind":"server"}]})");
  }
  CHECK(api.Get("/api/v3/operations?service=nobody").body == R"({"operations":[]})");
  CHECK(api.Get("/api/v3/operations").body == R"({"operations":[]})");
  CHECK(api.Get("/api/v3/operations?service=a&spanKind=x").body == R"({"operations":[]})");
}

TEST_CASE("api v3: summaries", "[query]") {
  FakeStorage storage;
  ApiFixture api(storage);
  storage.summaries = {{.trace_id = {0, 0xb8},
                        .root_service = "s<",
                        .root_operation = "op",
                        .start = UnixTime(Nanoseconds(1'795'168'800'000'000'001)),
                        .end = UnixTime(Nanoseconds(1'795'168'800'050'500'000)),
                        .span_count = 3,
                        .error_span_count = 1,
                        .services = {{"a", 1, 0}, {"s<", 2, 1}}},
                       {.trace_id = {1, 2}, .orphan_span_count = 4}};
  CHECK(api.Get("/api/v3/trace-summaries?query.serviceName=s" + std::string(kTimes)).body ==
        R"({"summaries":[{"traceId":"000000000000000000000000000000b8",)"
        R"("rootServiceName":"s\u003c","rootOperationName":"op",)"
        R"("minStartTimeUnixNano":"1795168800000000001",)"
        R"("maxEndTimeUnixNano":"1795168800050500000","spanCount":3,"errorSpanCount":1,)"
        R"("services":[{"name":"a","spanCount":1},)"
        R"({"name":"s\u003c","spanCount":2,"errorSpanCount":1}]},)"
        R"({"traceId":"00000000000000010000000000000002","minStartTimeUnixNano":"0",)"
        R"("maxEndTimeUnixNano":"0","orphanSpanCount":4,"services":[]}]})");
  storage.summaries.clear();
  CHECK(api.Get("/api/v3/trace-summaries?query.serviceName=s" + std::string(kTimes)).body ==
        R"({"summaries":[]})");
  const HttpResponse bad = api.Get("/api/v3/trace-summaries?query.serviceName=s");
  CHECK(bad.status == 400);
  CHECK(bad.content_type == "text/plain; charset=utf-8");
  CHECK(bad.body ==
        "{\"error\":{\"httpCode\":400,\"message\":\"query.startTimeMin and query.startTimeMax are "
        "required\"}}\n");
  storage.fail_reads = Error{ErrorCode::kUnavailable, "not now"};
  const HttpResponse failed =
      api.Get("/api/v3/trace-summaries?query.serviceName=s" + std::string(kTimes));
  CHECK(failed.status == 503);
  CHECK(json::parse(failed.body)["error"]["message"] == "not now");
}

}  // namespace pugmark
