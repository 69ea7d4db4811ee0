// The Zipkin receiver of a whole collector.
#include <catch2/catch.hpp>

#include "collector_rig.h"

namespace pugmark {
namespace {

constexpr char kV2[] =
    R"([{"traceId":"000000000000000a","id":"000000000000000b","name":"get","kind":"SERVER",
         "timestamp":1795000000000000,"duration":10,"localEndpoint":{"serviceName":"shop"}}])";
constexpr char kV1[] =
    R"([{"traceId":"000000000000000a","id":"000000000000000b","name":"get","timestamp":1795000000000000,
         "duration":10,"binaryAnnotations":[{"key":"lc","value":"","endpoint":{"serviceName":"shop"}}]}])";

CollectorConfig WithZipkin() {
  CollectorConfig config;
  config.zipkin.host_port = "127.0.0.1:0";
  return config;
}

HttpResponse Post(CollectorRig& rig, std::string_view path, std::string_view body,
                  std::vector<HttpHeader> headers = {{"Content-Type", "application/json"}}) {
  return rig.Fetch(rig.ports().zipkin, "POST", path, body, headers);
}

TEST_CASE("zipkin: JSON of both versions is stored", "[collector][zipkin]") {
  CollectorRig rig(WithZipkin());
  rig.storage.writer.answer = Committed;
  const auto [path, body] = GENERATE(table<std::string, std::string>({
      {"/api/v2/spans", kV2},
      {"/nothing/here", kV2},
      {"/api/v1/spans", kV1},
      {"/zipkin/api/v1/spans?x=y", kV1},
  }));
  CAPTURE(path);
  const HttpResponse response = Post(rig, path, body);
  CHECK(response.status == 202);
  CHECK(response.body.empty());
  CHECK(response.content_type.empty());
  CHECK(MetricValue(rig.metrics, "jaeger_collector_spans_saved_by_svc_total",
                    {R"(svc="shop")", R"(result="ok")"}) == 1);
  CHECK(MetricValue(rig.metrics, "jaeger_collector_spans_received_total",
                    {R"(format="zipkin")", R"(transport="http")"}) == 1);
}

TEST_CASE("zipkin: an empty list is fine", "[collector][zipkin]") {
  CollectorRig rig(WithZipkin());
  CHECK(Post(rig, "/api/v2/spans", "[]").status == 202);
}

TEST_CASE("zipkin: what is not Zipkin is refused in plain text", "[collector][zipkin]") {
  CollectorRig rig(WithZipkin());
  const auto [path, type, body] = GENERATE(table<std::string, std::string, std::string>({
      {"/api/v2/spans", "application/json", "[{"},
      {"/api/v2/spans", "application/json", ""},
      {"/api/v2/spans", "application/json", "{}"},
      {"/api/v2/spans", "application/x-protobuf", "xyz"},
      {"/api/v1/spans", "application/json", "["},
      {"/api/v1/spans", "application/x-thrift", "xyz"},
  }));
  CAPTURE(path, type, body);
  const HttpResponse response = Post(rig, path, body, {{"Content-Type", type}});
  CHECK(response.status == 400);
  CHECK(response.content_type == "text/plain; charset=utf-8");
  CHECK(response.body.ends_with('\n'));
}

TEST_CASE("zipkin: outcomes of the write", "[collector][zipkin]") {
  CollectorRig rig(WithZipkin());
  rig.storage.writer.answer = [](std::size_t) {
    return WriteResult{.outcome = WriteResult::Outcome::kRefused,
                       .status = Error{ErrorCode::kResourceExhausted, "write stall"}};
  };
  const HttpResponse busy = Post(rig, "/api/v2/spans", kV2);
  CHECK(busy.status == 503);
  CHECK(HeaderOf(busy, "Retry-After") == "1");
  rig.storage.writer.answer = [](std::size_t) {
    return WriteResult{.outcome = WriteResult::Outcome::kRefused,
                       .status = Error{ErrorCode::kDataLoss, "corrupted"}};
  };
  const HttpResponse failed = Post(rig, "/api/v2/spans", kV2);
  CHECK(failed.status == 500);
  CHECK(failed.body == "\"Internal Server Error\"");
}

TEST_CASE("zipkin: connections may be closed after each answer", "[collector][zipkin]") {
  CollectorConfig config = WithZipkin();
  config.zipkin.keep_alive = false;
  CollectorRig rig(config);
  CHECK(HeaderOf(Post(rig, "/api/v2/spans", "[]"), "Connection") == "close");
}

TEST_CASE("zipkin: off without an address", "[collector][zipkin]") {
  CollectorRig rig;
  CHECK(rig.ports().zipkin == 0);
  CollectorConfig config;
  config.zipkin.host_port = "host:99999";
  CHECK_FALSE(config.Validate().ok());
}

}  // namespace
}  // namespace pugmark
