#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "api_fixture.h"

namespace pugmark {
namespace {

using nlohmann::json;

constexpr std::string_view kEmptyAnswer =
    R"({"data":[],"total":0,"limit":0,"offset":0,"errors":null})";

json BodyOf(const HttpResponse& response) { return json::parse(response.body); }

std::string ErrorBody(int code, const std::string& message) {
  const json body{{"data", nullptr},
                  {"total", 0},
                  {"limit", 0},
                  {"offset", 0},
                  {"errors", json::array({{{"code", code}, {"msg", message}}})}};
  return body.dump();
}

std::vector<TestSpan> MakeTrace(std::uint64_t id, std::size_t spans,
                                const std::string& service = "svc") {
  std::vector<TestSpan> trace;
  for (std::size_t i = 0; i < spans; ++i) {
    trace.push_back({.trace_id = {0, id},
                     .span_id = i + 1,
                     .parent = i == 0 ? 0U : 1U,
                     .name = "op " + std::to_string(i),
                     .service = service});
  }
  return trace;
}

}  // namespace

TEST_CASE("api v1: one trace", "[query]") {
  FakeStorage storage;
  storage.traces = {MakeTrace(0x4d2, 2)};
  ApiFixture api(storage);
  const HttpResponse response = api.Get("/api/traces/4d2");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(response.body ==
        R"({"data":[{"traceID":"00000000000004d2","spans":[)"
        R"({"traceID":"00000000000004d2","spanID":"0000000000000001","operationName":"op 0",)"
        R"("references":[],"startTime":1000,"duration":10,"tags":[],"logs":[],"processID":"p1",)"
        R"("warnings":null},)"
        R"({"traceID":"00000000000004d2","spanID":"0000000000000002","operationName":"op 1",)"
        R"("references":[{"refType":"CHILD_OF","traceID":"00000000000004d2",)"
        R"("spanID":"0000000000000001"}],"startTime":1000,"duration":10,"tags":[],"logs":[],)"
        R"("processID":"p1","warnings":null}],"processes":{"p1":{"serviceName":"svc","tags":[]}},)"
        R"("warnings":null}],"total":0,"limit":0,"offset":0,"errors":null})");
}

TEST_CASE("api v1: a trace in many chunks and processes is one object", "[query]") {
  FakeStorage storage;
  storage.traces = {MakeTrace(7, 5'000)};
  for (std::size_t i = 0; i < storage.traces[0].size(); ++i) {
    storage.traces[0][i].service = "svc " + std::to_string(i % 3);
  }
  storage.spans_per_chunk = 7;
  ApiFixture api(storage);
  const json body = BodyOf(api.Get("/api/traces/7"));
  REQUIRE(body["data"].size() == 1);
  const json& trace = body["data"][0];
  REQUIRE(trace["spans"].size() == 5'000);
  CHECK(trace["processes"].size() == 3);
  for (std::size_t i = 0; i < 5'000; ++i) {
    const json& span = trace["spans"][i];
    CHECK(span["operationName"] == "op " + std::to_string(i));
    const std::string process = span["processID"];
    CHECK(trace["processes"][process]["serviceName"] == "svc " + std::to_string(i % 3));
  }
}

TEST_CASE("api v1: pretty printing changes nothing but spaces", "[query]") {
  FakeStorage storage;
  storage.traces = {MakeTrace(7, 900)};
  storage.spans_per_chunk = 100;
  ApiFixture api(storage);
  const std::string plain = api.Get("/api/traces/7").body;
  const std::string pretty = api.Get("/api/traces/7?prettyPrint=true").body;
  CHECK(api.Get("/api/traces/7?prettyPrint=false").body == plain);
  CHECK_THAT(pretty, Catch::StartsWith("{\n    \"data\": [\n        {\n            \"traceID\": "));
  CHECK(json::parse(pretty) == json::parse(plain));
  CHECK_THAT(api.Get("/api/services?prettyPrint=1").body,
             Catch::StartsWith("{\n    \"data\": [\n        \"svc\"\n    ],\n"));
}

TEST_CASE("api v1: mistakes in a lookup", "[query]") {
  FakeStorage storage;
  ApiFixture api(storage);
  const auto [target, status, message] = GENERATE(table<std::string, int, std::string>({
      {"/api/traces/xyz", 400, R"(strconv.ParseUint: parsing "xyz": invalid syntax)"},
      {"/api/traces/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 400,
       "TraceID cannot be longer than 32 hex characters: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
      {"/api/traces/1?start=x", 400,
       R"(unable to parse param 'start': strconv.ParseInt: parsing "x": invalid syntax)"},
      {"/api/traces/1?raw=x", 400,
       R"(unable to parse param 'raw': strconv.ParseBool: parsing "x": invalid syntax)"},
      {"/api/traces/0", 404, "trace not found"},
      {"/api/traces/123456789", 404, "trace not found"},
      {"/api/traces", 400, "parameter 'service' is required"},
      {"/api/traces?service=a&limit=ten", 400,
       R"(strconv.ParseInt: parsing "ten": invalid syntax)"},
      {"/api/operations", 400, "parameter 'service' is required"},
      {"/api/dependencies?endTs=x", 400,
       R"(unable to parse param 'endTs': strconv.ParseInt: parsing "x": invalid syntax)"},
  }));
  CAPTURE(target);
  const HttpResponse response = api.Get(target);
  CHECK(response.status == status);
  CHECK(response.content_type == "text/plain; charset=utf-8");
  CHECK(HeaderOf(response, "X-Content-Type-Options") == "nosniff");
  CHECK(response.body.back() == '\n');
  CHECK(BodyOf(response) == json::parse(ErrorBody(status, message)));
}

TEST_CASE("api v1: search", "[query]") {
  FakeStorage storage;
  storage.traces = {MakeTrace(1, 2, "a"), MakeTrace(2, 3, "b"), MakeTrace(3, 1, "a")};
  ApiFixture api(storage);
  const json found = BodyOf(api.Get("/api/traces?service=a&limit=1500"));
  REQUIRE(found["data"].size() == 2);
  CHECK(found["data"][0]["traceID"] == "0000000000000001");
  CHECK(found["data"][0]["spans"].size() == 2);
  CHECK(found["data"][1]["traceID"] == "0000000000000003");
  CHECK(found["total"] == 0);
  CHECK(found["errors"].is_null());
  CHECK(BodyOf(api.Get("/api/traces?service=a&limit=1"))["data"].size() == 1);
  CHECK(api.Get("/api/traces?service=nobody").body == kEmptyAnswer);
  CHECK(api.Get("/api/traces?service=a&start=9&end=3").body == kEmptyAnswer);

  api.Get("/api/traces?service=a&operation=x&start=5&end=7&minDuration=1us");
  const TraceQuery asked = storage.asked().query;
  CHECK(asked.service == "a");
  CHECK(asked.operation == "x");
  CHECK(asked.start.min == TimeFromMicros(5));
  CHECK(asked.start.max == TimeFromMicros(7));
  CHECK(asked.duration.min == Nanoseconds(1'000));
}

TEST_CASE("api v1: several ids, some missing, some twice", "[query]") {
  FakeStorage storage;
  storage.traces = {MakeTrace(1, 2), MakeTrace(2, 1)};
  ApiFixture api(storage);
  const json body =
      BodyOf(api.Get("/api/traces?traceID=2&traceID=abc&traceID=1&traceID=1&traceID=def"));
  REQUIRE(body["data"].size() == 3);
  CHECK(body["data"][0]["traceID"] == "0000000000000002");
  CHECK(body["data"][1]["traceID"] == "0000000000000001");
  CHECK(body["data"][2] == body["data"][1]);
  CHECK(body["errors"] ==
        json::array({{{"msg", "trace not found"}, {"traceID", "0000000000000abc"}},
                     {{"msg", "trace not found"}, {"traceID", "0000000000000def"}}}));
  CHECK(api.Get("/api/traces?traceID=abc").status == 200);
  CHECK(api.Get("/api/traces?traceID=abc").body ==
        R"({"data":[],"total":0,"limit":0,"offset":0,"errors":[{"msg":"trace not found",)"
        R"("traceID":"0000000000000abc"}]})");
  api.Get("/api/traces?traceID=1&start=5&end=7");
  REQUIRE(storage.asked().lookups.size() == 1);
  REQUIRE(storage.asked().lookups[0].hint);
  CHECK(storage.asked().lookups[0].hint->min == TimeFromMicros(5));
}

TEST_CASE("api v1: a trace that only the archive has", "[query]") {
  FakeStorage storage;
  storage.traces = {MakeTrace(1, 1)};
  storage.archived = {MakeTrace(9, 4)};
  storage.has_archive = true;
  ApiFixture api(storage);
  CHECK(BodyOf(api.Get("/api/traces/9"))["data"][0]["spans"].size() == 4);
  CHECK(BodyOf(api.Get("/api/traces/1"))["data"][0]["spans"].size() == 1);
  CHECK(api.Get("/api/traces/5").status == 404);
}

TEST_CASE("api v1: archiving a trace", "[query]") {
  FakeStorage storage;
  storage.traces = {MakeTrace(1, 25)};
  storage.spans_per_chunk = 10;
  storage.has_archive = true;
  ApiFixture api(storage);
  const HttpResponse done = api.Fetch("POST", "/api/archive/1");
  CHECK(done.status == 200);
  CHECK(done.body == R"({"data":[],"total":0,"limit":0,"offset":0,"errors":[]})");
  CHECK(storage.asked().archived_spans == 25);
  CHECK(api.Fetch("POST", "/api/archive/2").status == 404);
  CHECK(api.Fetch("POST", "/api/archive/xyz").status == 400);
  CHECK(api.Get("/api/archive/1").status == 405);
  const auto foreign = HttpFetch(api.address(), "POST", "/api/archive/1", "",
                                 {{"Sec-Fetch-Site", "cross-site"}}, std::chrono::seconds(20));
  REQUIRE(foreign.ok());
  CHECK(foreign->status == 403);

  FakeStorage without;
  ApiFixture none(without);
  const HttpResponse refused = none.Fetch("POST", "/api/archive/1");
  CHECK(refused.status == 500);
  CHECK_THAT(refused.body, Catch::Contains("archive span storage was not configured"));
}

TEST_CASE("api v1: services and operations", "[query]") {
  FakeStorage storage;
  ApiFixture api(storage);
  CHECK(api.Get("/api/services").body ==
        R"({"data":null,"total":0,"limit":0,"offset":0,"errors":null})");
  storage.traces = {MakeTrace(1, 1, "b"), MakeTrace(2, 1, "a<"), MakeTrace(3, 1, "x/y z")};
  storage.operations["x/y z"] = {{"", SpanKind::kUnspecified},
                                 {"GET", SpanKind::kServer},
                                 {"GET", SpanKind::kClient},
                                 {"PUT", SpanKind::kClient}};
  CHECK(api.Get("/api/services").body ==
        R"({"data":["a\u003c","b","x/y z"],"total":3,"limit":0,"offset":0,"errors":null})");
  for (const std::string_view path :
       {"/api/services/x%2Fy%20z/operations", "/api/services/x%2fy+z/operations"}) {
    CHECK(api.Get(path).body ==
          R"({"data":["","GET","PUT"],"total":3,"limit":0,"offset":0,"errors":null})");
  }
  CHECK(api.Get("/api/operations?service=x/y+z").body ==
        R"({"data":[{"name":"","spanKind":""},{"name":"GET","spanKind":"server"},)"
        R"({"name":"GET","spanKind":"client"},{"name":"PUT","spanKind":"client"}],"total":4,)"
        R"("limit":0,"offset":0,"errors":null})");
  CHECK(api.Get("/api/operations?service=x/y+z&spanKind=server").body ==
        R"({"data":[{"name":"GET","spanKind":"server"}],"total":1,"limit":0,"offset":0,)"
        R"("errors":null})");
  CHECK(api.Get("/api/operations?service=x/y+z&spanKind=SERVER").body == kEmptyAnswer);
  CHECK(api.Get("/api/operations?service=x/y+z&spanKind=unspecified").body == kEmptyAnswer);
  CHECK(api.Get("/api/operations?service=nobody").body == kEmptyAnswer);
  CHECK(api.Get("/api/services/nobody/operations").body ==
        R"({"data":null,"total":0,"limit":0,"offset":0,"errors":null})");
}

TEST_CASE("api v1: dependencies", "[query]") {
  FakeStorage storage;
  ApiFixture api(storage);
  CHECK(api.Get("/api/dependencies").body == kEmptyAnswer);
  CHECK(ToMicros(storage.asked().dependency_window.max) == FixedClock::kNowUs);
  storage.links = {{.parent = "b", .child = "c", .call_count = 2},
                   {.parent = "a", .child = "b", .call_count = 1},
                   {.parent = "b", .child = "c", .call_count = 3}};
  CHECK(api.Get("/api/dependencies?endTs=10000&lookback=3000").body ==
        R"({"data":[{"parent":"a","child":"b","callCount":1},)"
        R"({"parent":"b","child":"c","callCount":5}],"total":0,"limit":0,"offset":0,)"
        R"("errors":null})");
  CHECK(storage.asked().dependency_window.min == TimeFromMillis(7'000));
  CHECK(BodyOf(api.Get("/api/dependencies?service=a"))["data"].size() == 1);
  CHECK(BodyOf(api.Get("/api/dependencies?service=b"))["data"].size() == 2);
  CHECK(BodyOf(api.Get("/api/dependencies?service=x"))["data"].empty());
}

TEST_CASE("api v1: errors of the storage", "[query]") {
  FakeStorage storage;
  const auto [code, status] = GENERATE(table<ErrorCode, int>({
      {ErrorCode::kInternal, 500},
      {ErrorCode::kDataLoss, 500},
      {ErrorCode::kResourceExhausted, 500},
      {ErrorCode::kUnavailable, 503},
      {ErrorCode::kUnimplemented, 501},
      {ErrorCode::kInvalidArgument, 400},
      {ErrorCode::kDeadlineExceeded, 504},
  }));
  storage.fail_reads = Error{code, "told why"};
  ApiFixture api(storage);
  for (const std::string_view target :
       {"/api/services", "/api/operations?service=a", "/api/services/a/operations",
        "/api/traces?service=a", "/api/traces?traceID=1", "/api/traces/1", "/api/dependencies"}) {
    CAPTURE(target);
    const HttpResponse response = api.Get(target);
    CHECK(response.status == status);
    CHECK(BodyOf(response)["errors"][0]["msg"] == "told why");
    CHECK(HeaderOf(response, "Retry-After") == (status == 503 ? "1" : ""));
  }
}

TEST_CASE("api v1: an error before the first span is a status, a later one cuts the answer",
          "[query]") {
  FakeStorage storage;
  storage.traces = {MakeTrace(1, 50'000)};
  storage.spans_per_chunk = 1'000;
  storage.fail_after_chunks = 0;
  ApiFixture api(storage);
  CHECK(api.Get("/api/traces/1").status == 500);
  storage.fail_after_chunks = 20;
  // Adjusters want the whole trace before its first span.
  CHECK(api.Get("/api/traces/1").status == 500);
  const auto cut =
      HttpFetch(api.address(), "GET", "/api/traces/1?raw=true", "", {}, std::chrono::seconds(20));
  const bool whole = cut.ok() && json::accept(cut->body);
  CHECK_FALSE(whole);
  CHECK_THAT(api.metrics().Serialize(),
             Catch::Contains("jaeger_storage_requests_total{kind=\"fake\",operation=\"get_trace\","
                             "result=\"err\",role=\"primary\"} 3"));
}

TEST_CASE("api v1: reads are counted under both of Jaeger's names", "[query]") {
  FakeStorage storage;
  storage.traces = {MakeTrace(1, 1), MakeTrace(2, 1)};
  ApiFixture api(storage);
  api.Get("/api/traces?service=svc");
  api.Get("/api/services");
  const std::string text = api.metrics().Serialize();
  for (const std::string_view line :
       {R"(jaeger_query_requests_total{operation="find_traces",result="ok"} 1)",
        R"(jaeger_query_responses_sum{operation="find_traces"} 2)",
        R"(jaeger_query_latency_count{operation="get_services",result="ok"} 1)",
        R"(jaeger_storage_responses_sum{kind="fake",operation="find_traces",role="primary"} 2)"}) {
    CAPTURE(line);
    CHECK_THAT(text, Catch::Contains(std::string(line)));
  }
}

}  // namespace pugmark
