// The OTLP receivers of a whole collector.
#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "collector_rig.h"
#include "otlp/trace_service.grpc.pb.h"

namespace pugmark {
namespace {

namespace otlp = opentelemetry::proto::collector::trace::v1;

constexpr char kProtobuf[] = "application/x-protobuf";
constexpr char kJson[] = "application/json";

otlp::ExportTraceServiceRequest Request(std::size_t spans, std::size_t bad_spans = 0) {
  otlp::ExportTraceServiceRequest request;
  auto& resource_spans = *request.add_resource_spans();
  auto& name = *resource_spans.mutable_resource()->add_attributes();
  name.set_key("service.name");
  name.mutable_value()->set_string_value("shop");
  auto& scope_spans = *resource_spans.add_scope_spans();
  for (std::size_t i = 0; i < spans + bad_spans; ++i) {
    auto& span = *scope_spans.add_spans();
    span.set_trace_id(i < spans ? std::string(16, '\x01') : std::string(3, '\x01'));
    span.set_span_id(std::string(8, static_cast<char>(i + 1)));
    span.set_name("op");
    span.set_start_time_unix_nano(1'795'000'000'000'000'000);
    span.set_end_time_unix_nano(1'795'000'000'000'001'000);
  }
  return request;
}

grpc::Status Export(CollectorRig& rig, const otlp::ExportTraceServiceRequest& request,
                    otlp::ExportTraceServiceResponse& response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  return otlp::TraceService::NewStub(rig.Channel(rig.ports().otlp_grpc))
      ->Export(&context, request, &response);
}

HttpResponse Post(CollectorRig& rig, std::string_view body, std::string_view type,
                  std::vector<HttpHeader> headers = {}) {
  headers.emplace_back("Content-Type", type);
  return rig.Fetch(rig.ports().otlp_http, "POST", "/v1/traces", body, headers);
}

TEST_CASE("otlp: spans over gRPC", "[collector][otlp]") {
  CollectorRig rig;
  rig.storage.writer.answer = Committed;
  otlp::ExportTraceServiceResponse response;
  REQUIRE(Export(rig, Request(3), response).ok());
  CHECK(response.partial_success().rejected_spans() == 0);
  CHECK(MetricValue(rig.metrics, "jaeger_collector_spans_received_total",
                    {R"(format="otlp")", R"(transport="grpc")", R"(svc="shop")"}) == 3);
  REQUIRE(Export(rig, Request(2, 2), response).ok());
  CHECK(response.partial_success().rejected_spans() == 2);
  CHECK_FALSE(response.partial_success().error_message().empty());
  CHECK(rig.storage.writer.stored_spans() == 5);
  CHECK(MetricValue(rig.metrics, "pugmark_collector_spans_rejected_total",
                    {R"(reason="bad_id")"}) == 2);
  CHECK(MetricValue(rig.metrics, "jaeger_collector_spans_received_total") == 7);
  REQUIRE(Export(rig, {}, response).ok());
}

TEST_CASE("otlp: gRPC refusals carry the time to try again", "[collector][otlp]") {
  CollectorRig rig;
  rig.storage.writer.answer = [](std::size_t) {
    WriteResult busy{.outcome = WriteResult::Outcome::kRefused,
                     .status = Error{ErrorCode::kResourceExhausted, "write stall"}};
    busy.retry_after = std::chrono::milliseconds(2'500);
    return busy;
  };
  otlp::ExportTraceServiceResponse response;
  const grpc::Status status = Export(rig, Request(1), response);
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  // google.rpc.Status{14, "write stall", [Any{RetryInfo{2.5 s}}]}
  const std::string expected = std::string("\x08\x0e\x12\x0bwrite stall\x1a\x36\x0a\x28") +
                               "type.googleapis.com/google.rpc.RetryInfo" +
                               "\x12\x0a\x0a\x08\x08\x02\x10\x80\xca\xb5\xee\x01";
  CHECK(status.error_details() == expected);
}

TEST_CASE("otlp: protobuf over HTTP", "[collector][otlp]") {
  CollectorRig rig;
  rig.storage.writer.answer = Committed;
  const HttpResponse response = Post(rig, Request(3).SerializeAsString(), kProtobuf);
  CHECK(response.status == 200);
  CHECK(response.content_type == kProtobuf);
  CHECK(response.body == std::string("\x0a\x00", 2));
  CHECK(rig.storage.writer.stored_spans() == 3);
  const HttpResponse partly = Post(rig, Request(1, 4).SerializeAsString(), kProtobuf);
  otlp::ExportTraceServiceResponse message;
  REQUIRE(message.ParseFromString(partly.body));
  CHECK(message.partial_success().rejected_spans() == 4);
  CHECK(Post(rig, "", kProtobuf).status == 200);
}

TEST_CASE("otlp: JSON over HTTP", "[collector][otlp]") {
  CollectorRig rig;
  rig.storage.writer.answer = Committed;
  const std::string body = R"({"resourceSpans":[{"scopeSpans":[{"spans":[
      {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"op",
       "startTimeUnixNano":"1795000000000000000","endTimeUnixNano":"1795000000000001000"},
      {"traceId":"00000000000000000000000000000000","spanId":"0102030405060708","name":"op"}]}]}]})";
  const HttpResponse response = Post(rig, body, "application/json; charset=utf-8");
  CHECK(response.status == 200);
  CHECK(response.content_type == kJson);
  const auto json = nlohmann::json::parse(response.body);
  CHECK(json["partialSuccess"]["rejectedSpans"] == "1");
  CHECK(rig.storage.writer.stored_spans() == 1);
  CHECK(Post(rig, "{}", kJson).body == R"({"partialSuccess":{}})");
}

TEST_CASE("otlp: refusals over HTTP", "[collector][otlp]") {
  CollectorRig rig;
  const auto fetch = [&](std::string_view method, std::string_view path, std::string_view type) {
    return rig.Fetch(rig.ports().otlp_http, method, path, "x",
                     {{"Content-Type", std::string(type)}});
  };
  const HttpResponse get = fetch("GET", "/v1/traces", kProtobuf);
  CHECK(get.status == 405);
  CHECK(get.content_type == "text/plain");
  CHECK(get.body == "405 method not allowed, supported: [POST]");
  const HttpResponse type = fetch("POST", "/v1/traces", "text/plain");
  CHECK(type.status == 415);
  CHECK(type.body ==
        "415 unsupported media type, supported: [application/json, application/x-protobuf]");
  const HttpResponse path = fetch("POST", "/v1/metrics", kProtobuf);
  CHECK(path.status == 404);
  CHECK(path.body == "404 page not found\n");
  const HttpResponse bad = fetch("POST", "/v1/traces", kProtobuf);
  CHECK(bad.status == 400);
  CHECK(bad.content_type == kProtobuf);
  CHECK(bad.body.substr(0, 2) == "\x08\x03");
  const HttpResponse bad_json = fetch("POST", "/v1/traces", kJson);
  CHECK(bad_json.status == 400);
  CHECK(nlohmann::json::parse(bad_json.body)["code"] == 3);
}

TEST_CASE("otlp: compressed bodies", "[collector][otlp]") {
  CollectorRig rig;
  rig.storage.writer.answer = Committed;
  const HttpResponse unknown = Post(rig, "x", kProtobuf, {{"Content-Encoding", "brotli9"}});
  CHECK(unknown.status == 400);
  CHECK(unknown.body == "\x08\x03\x12\x25unsupported Content-Encoding: brotli9");
  CHECK(Post(rig, "x", kJson, {{"Content-Encoding", "gzip"}}).status == 400);
  CHECK(MetricValue(rig.metrics, "pugmark_collector_decode_errors_total",
                    {R"(reason="content_encoding")", R"(receiver="otlp-http")"}) == 2);
  CHECK(Post(rig, Request(1).SerializeAsString(), kProtobuf, {{"Content-Encoding", "identity"}})
            .status == 200);
}

TEST_CASE("otlp: a full queue is 503 with the time to try again", "[collector][otlp]") {
  CollectorConfig config;
  config.queue_size = 0;
  CollectorRig rig(config);
  const std::string type = GENERATE(kProtobuf, kJson);
  const std::string body = type == kJson ? R"({"resourceSpans":[{"scopeSpans":[{"spans":[
      {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}]}]}]})"
                                         : Request(1).SerializeAsString();
  const HttpResponse response = Post(rig, body, type);
  CHECK(response.status == 503);
  CHECK(response.content_type == type);
  CHECK(HeaderOf(response, "Retry-After") == "1");
}

TEST_CASE("otlp: browsers of allowed origins", "[collector][otlp]") {
  CollectorConfig config;
  config.otlp.cors.allowed_origins = {"https://shop.example"};
  CollectorRig rig(config);
  rig.storage.writer.answer = Committed;
  const HttpResponse preflight = rig.Fetch(rig.ports().otlp_http, "OPTIONS", "/v1/traces", "",
                                           {{"Origin", "https://shop.example"},
                                            {"Access-Control-Request-Method", "POST"},
                                            {"Access-Control-Request-Headers", "content-type"}});
  CHECK(preflight.status == 204);
  CHECK(HeaderOf(preflight, "Access-Control-Allow-Origin") == "https://shop.example");
  const HttpResponse response =
      Post(rig, Request(1).SerializeAsString(), kProtobuf, {{"Origin", "https://shop.example"}});
  CHECK(response.status == 200);
  CHECK(HeaderOf(response, "Access-Control-Allow-Origin") == "https://shop.example");
}

TEST_CASE("otlp: can be turned off", "[collector][otlp]") {
  CollectorConfig config;
  config.otlp.enabled = false;
  CollectorRig rig(config);
  CHECK(rig.ports().otlp_grpc == 0);
  CHECK(rig.ports().otlp_http == 0);
}

}  // namespace
}  // namespace pugmark
