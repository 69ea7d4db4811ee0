#include "query/api/http_v1/metrics_api.h"

#include <catch2/catch.hpp>
#include <string>

#include "api_fixture.h"

namespace pugmark {
namespace {

constexpr std::int64_t kNowUs = FixedClock::kNowUs;

Result<MetricsParameters> Parse(MetricsKind kind, std::string_view query) {
  return ParseMetricsParameters(kind, QueryParameters::Parse(query), TimeFromMicros(kNowUs));
}

std::vector<MetricsSeries> OneSeries() {
  return {{.service = "a<b",
           .operation = "op",
           .points = {{TimeFromMicros(1'500'000), 2, 0.5, {std::chrono::microseconds(1'500)}},
                      {TimeFromMillis(2'000), 0, 0, {}}}}};
}

}  // namespace

TEST_CASE("metrics parameters: defaults and values", "[query]") {
  const auto plain = Parse(MetricsKind::kCalls, "service=a");
  REQUIRE(plain.ok());
  CHECK(plain->query.services == std::vector<std::string>{"a"});
  CHECK(plain->query.kinds == std::vector<SpanKind>{SpanKind::kServer});
  CHECK_FALSE(plain->query.by_operation);
  CHECK(plain->query.window.max == TimeFromMicros(kNowUs));
  CHECK(plain->query.window.min == TimeFromMicros(kNowUs) - std::chrono::hours(1));
  CHECK(plain->query.step == std::chrono::seconds(5));
  CHECK(plain->query.rate_per == std::chrono::minutes(10));

  const auto all =
      Parse(MetricsKind::kLatencies,
            "service=a&service=b&quantile=0.95&groupByOperation=true&endTs=9000"
            "&lookback=4000&step=1000&ratePer=2000&spanKind=client&spanKind=unspecified");
  REQUIRE(all.ok());
  CHECK(all->query.services == std::vector<std::string>{"a", "b"});
  CHECK(all->query.quantiles == std::vector<double>{0.95});
  CHECK(all->query.by_operation);
  CHECK(all->query.window.min == TimeFromMillis(5'000));
  CHECK(all->query.window.max == TimeFromMillis(9'000));
  CHECK(all->query.step == std::chrono::seconds(1));
  CHECK(all->query.rate_per == std::chrono::seconds(2));
  CHECK(all->query.kinds == std::vector<SpanKind>{SpanKind::kClient, SpanKind::kUnspecified});
}

TEST_CASE("metrics parameters: mistakes, in Jaeger's words and order", "[query]") {
  const auto [kind, query, wanted] = GENERATE(table<MetricsKind, std::string, std::string>({
      {MetricsKind::kCalls, "",
       "unable to parse param 'service': please provide at least one service name"},
      {MetricsKind::kLatencies, "",
       R"(unable to parse param 'quantile': strconv.ParseFloat: parsing "": invalid syntax)"},
      {MetricsKind::kErrors, "service=a&spanKind=x",
       "unable to parse param 'spanKind': unsupported span kind: 'x'"},
      {MetricsKind::kErrors, "service=a&spanKind=SERVER",
       "unable to parse param 'spanKind': unsupported span kind: 'SERVER'"},
      {MetricsKind::kCalls, "service=a&step=1s",
       R"(unable to parse param 'step': strconv.ParseInt: parsing "1s": invalid syntax)"},
      {MetricsKind::kCalls, "service=a&groupByOperation=x",
       R"(unable to parse param 'groupByOperation': strconv.ParseBool: parsing "x": )"
       "invalid syntax"},
      {MetricsKind::kCalls, "service=a&endTs=x",
       R"(unable to parse param 'endTs': strconv.ParseInt: parsing "x": invalid syntax)"},
      {MetricsKind::kCalls, "service=a&lookback=x",
       R"(unable to parse param 'lookback': strconv.ParseInt: parsing "x": invalid syntax)"},
      {MetricsKind::kCalls, "service=a&ratePer=x",
       R"(unable to parse param 'ratePer': strconv.ParseInt: parsing "x": invalid syntax)"},
      {MetricsKind::kCalls, "spanKind=x&step=y",
       "unable to parse param 'service': please provide at least one service name"},
  }));
  CAPTURE(query);
  const auto parsed = Parse(kind, query);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().message == wanted);
}

TEST_CASE("metrics answers", "[query]") {
  FakeStorage storage;
  storage.series = OneSeries();
  ApiFixture api(storage);
  CHECK(api.Get("/api/metrics/calls?service=a").body ==
        R"({"name":"service_call_rate","type":"GAUGE","help":"calls/sec, grouped by service",)"
        R"("metrics":[{"labels":[{"name":"service_name","value":"a\u003cb"}],"metricPoints":[)"
        R"({"gaugeValue":{"doubleValue":2},"timestamp":"1970-01-01T00:00:01.500Z"},)"
        R"({"gaugeValue":{"doubleValue":0},"timestamp":"1970-01-01T00:00:02Z"}]}]})");
  CHECK(api.Get("/api/metrics/errors?service=a&groupByOperation=true").body ==
        R"({"name":"service_operation_error_rate","type":"GAUGE","help":"error rate, computed as )"
        R"(a fraction of errors/sec over calls/sec, grouped by service \u0026 operation",)"
        R"("metrics":[{"labels":[{"name":"service_name","value":"a\u003cb"},)"
        R"({"name":"operation","value":"op"}],"metricPoints":[)"
        R"({"gaugeValue":{"doubleValue":0.25},"timestamp":"1970-01-01T00:00:01.500Z"},)"
        R"({"gaugeValue":{"doubleValue":"NaN"},"timestamp":"1970-01-01T00:00:02Z"}]}]})");
  CHECK(api.Get("/api/metrics/latencies?service=a&quantile=0.95").body ==
        R"({"name":"service_latencies","type":"GAUGE","help":"0.95th quantile latency, grouped by )"
        R"(service","metrics":[{"labels":[{"name":"service_name","value":"a\u003cb"}],)"
        R"("metricPoints":[)"
        R"({"gaugeValue":{"doubleValue":1.5},"timestamp":"1970-01-01T00:00:01.500Z"},)"
        R"({"gaugeValue":{"doubleValue":"NaN"},"timestamp":"1970-01-01T00:00:02Z"}]}]})");
  CHECK(api.Get("/api/metrics/minstep").body ==
        R"({"data":1,"total":0,"limit":0,"offset":0,"errors":null})");
  storage.series = std::vector<MetricsSeries>();
  CHECK(api.Get("/api/metrics/calls?service=a").body ==
        R"({"name":"service_call_rate","type":"GAUGE","help":"calls/sec, grouped by service"})");
}

TEST_CASE("metrics without a store that computes them", "[query]") {
  FakeStorage storage;
  ApiFixture api(storage);
  for (const std::string_view target : {"/api/metrics/calls?service=a", "/api/metrics/minstep"}) {
    CAPTURE(target);
    const HttpResponse response = api.Get(target);
    CHECK(response.status == 501);
    CHECK_THAT(response.body, Catch::Contains("metrics querying is currently disabled"));
  }
  CHECK(api.Get("/api/metrics/calls").status == 400);
}

TEST_CASE("times as protobuf's JSON has them", "[query]") {
  const auto [nanos, wanted] = GENERATE(table<std::int64_t, std::string>({
      {0, "1970-01-01T00:00:00Z"},
      {1'000'000'000, "1970-01-01T00:00:01Z"},
      {1'100'000'000, "1970-01-01T00:00:01.100Z"},
      {1'000'100'000, "1970-01-01T00:00:01.000100Z"},
      {1'000'000'001, "1970-01-01T00:00:01.000000001Z"},
      {-1, "1969-12-31T23:59:59.999999999Z"},
      {std::numeric_limits<std::int64_t>::max(), "2262-04-11T23:47:16.854775807Z"},
  }));
  CHECK(ProtoTimestampText(UnixTime(Nanoseconds(nanos))) == wanted);
}

}  // namespace pugmark
