// The collector as a whole, over a store that does as it is told.

#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>
#include <future>
#include <nlohmann/json.hpp>

#include "collector.grpc.pb.h"
#include "collector/pipeline/limit_hits.h"
#include "collector_rig.h"
#include "proto/codec/api_v2_encoder.h"
#include "proto/codec/thrift_encoder.h"
#include "sampling.grpc.pb.h"

namespace pugmark {
namespace {

using namespace std::chrono_literals;

HttpResponse Post(CollectorRig& rig, std::string_view body,
                  std::string_view type = "application/x-thrift",
                  std::string_view path = "/api/traces") {
  return rig.Fetch(rig.ports().http, "POST", path, body, {{"Content-Type", std::string(type)}});
}

grpc::Status PostSpans(CollectorRig& rig, const std::string& message) {
  jaeger::api_v2::PostSpansRequest request;
  REQUIRE(request.ParseFromString(message));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  jaeger::api_v2::PostSpansResponse response;
  return jaeger::api_v2::CollectorService::NewStub(CollectorRig::Channel(rig.ports().grpc))
      ->PostSpans(&context, request, &response);
}

std::string ThriftBody(std::size_t spans) {
  const auto batch = MakeBatch(spans);
  return EncodeThriftBatch(ThriftProtocol::kBinary, batch->resources()[0], batch->spans());
}

std::string PostSpansMessage(std::size_t spans) {
  const auto batch = MakeBatch(spans);
  std::string message;
  AppendPostSpansRequest(message, batch->resources()[0], batch->spans());
  return message;
}

TEST_CASE("collector: Thrift over HTTP is stored before it is answered", "[collector]") {
  CollectorRig rig;
  auto answer = std::async(std::launch::async, [&] { return Post(rig, ThriftBody(7)); });
  REQUIRE(rig.storage.writer.WaitForKept(1));
  CHECK(answer.wait_for(20ms) == std::future_status::timeout);
  rig.storage.writer.FinishOne(Committed(7));
  const HttpResponse response = answer.get();
  CHECK(response.status == 202);
  CHECK(response.body.empty());
  CHECK(response.content_type.empty());
  CHECK(MetricValue(rig.metrics, "jaeger_collector_spans_saved_by_svc_total",
                    {R"(svc="shop")", R"(result="ok")", R"(debug="false")"}) == 7);
  CHECK(MetricValue(rig.metrics, "jaeger_collector_spans_received_total",
                    {R"(format="jaeger")", R"(transport="http")"}) == 7);
  CHECK(MetricValue(rig.metrics, "jaeger_collector_http_request_duration_count",
                    {R"(method="POST")", R"(path="/api/traces")", R"(status="202")"}) == 1);
}

TEST_CASE("collector: refusals over HTTP", "[collector]") {
  const auto [method, path, type, body, status, text] =
      GENERATE(table<std::string, std::string, std::string, std::string, int, std::string>({
          {"POST", "/api/traces", "application/json", "{}", 400,
           "Unsupported content type: application/json\n"},
          {"POST", "/api/traces", "application/a'b&c", "", 400,
           "Unsupported content type: application/a&#39;b&amp;c\n"},
          {"POST", "/api/traces", "", "x", 400, "Cannot parse content type: mime: no media type\n"},
          {"POST", "/api/traces", "application/json; =iammalformed;", "x", 400,
           "Cannot parse content type: mime: invalid media parameter\n"},
          {"POST", "/api/traces", "application/x-thrift", "", 400,
           "Unable to process request body: truncated at byte 0\n"},
          {"GET", "/api/traces", "", "", 405, ""},
          {"POST", "/api/sampling", "", "", 405, ""},
          {"POST", "/api/nothing", "application/x-thrift", "", 404, "404 page not found\n"},
          {"GET", "/", "", "", 404, "404 page not found\n"},
      }));
  CAPTURE(method, path, type);
  CollectorRig rig;
  std::vector<HttpHeader> headers;
  if (!type.empty()) {
    headers.emplace_back("Content-Type", type);
  }
  const HttpResponse response = rig.Fetch(rig.ports().http, method, path, body, headers);
  CHECK(response.status == status);
  CHECK(response.body == text);
  CHECK(response.content_type == (text.empty() ? "" : "text/plain; charset=utf-8"));
}

TEST_CASE("collector: parameters of path and type do not matter", "[collector]") {
  CollectorRig rig;
  rig.storage.writer.answer = Committed;
  CHECK(Post(rig, ThriftBody(1), "application/vnd.apache.thrift.binary; charset=x",
             "/api/traces?format=jaeger.thrift")
            .status == 202);
}

TEST_CASE("collector: HTTP answers for each outcome of a write", "[collector]") {
  CollectorRig rig;
  WriteResult busy{.outcome = WriteResult::Outcome::kRefused,
                   .status = Error{ErrorCode::kResourceExhausted, "write stall"}};
  busy.retry_after = 2500ms;
  rig.storage.writer.answer = [&](std::size_t) { return busy; };
  const HttpResponse retry = Post(rig, ThriftBody(1));
  CHECK(retry.status == 503);
  CHECK(retry.body == "Cannot submit Jaeger batch: write stall\n");
  CHECK(HeaderOf(retry, "Retry-After") == "3");
  rig.storage.writer.answer = [](std::size_t) {
    return WriteResult{.outcome = WriteResult::Outcome::kRefused,
                       .status = Error{ErrorCode::kDataLoss, "corrupted"}};
  };
  const HttpResponse failed = Post(rig, ThriftBody(1));
  CHECK(failed.status == 500);
  CHECK(failed.body == "Cannot submit Jaeger batch: corrupted\n");
}

TEST_CASE("collector: PostSpans is answered after the write", "[collector]") {
  CollectorRig rig;
  auto answer = std::async(std::launch::async, [&] { return PostSpans(rig, PostSpansMessage(3)); });
  REQUIRE(rig.storage.writer.WaitForKept(1));
  rig.storage.writer.FinishOne(Committed(3));
  CHECK(answer.get().ok());
  CHECK(MetricValue(rig.metrics, "jaeger_collector_spans_received_total",
                    {R"(format="proto")", R"(transport="grpc")"}) == 3);
  CHECK(PostSpans(rig, "").ok());
}

TEST_CASE("collector: PostSpans is refused with codes that agents understand", "[collector]") {
  CollectorConfig config;
  SECTION("no room in the queue") {
    config.queue_size = 0;
    CollectorRig rig(config);
    const grpc::Status status = PostSpans(rig, PostSpansMessage(1));
    CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    CHECK_THAT(status.error_message(), Catch::StartsWith("server busy"));
  }
  SECTION("no room in the byte budget") {
    config.limits.bytes_in_flight = 10;
    CollectorRig rig(config);
    CHECK(PostSpans(rig, PostSpansMessage(1)).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    const HttpResponse response = Post(rig, ThriftBody(1));
    CHECK(response.status == 503);
    CHECK(HeaderOf(response, "Retry-After") == "1");
    CHECK(MetricValue(rig.metrics, "pugmark_collector_requests_total", {R"(outcome="busy")"}) == 2);
  }
  SECTION("a store that is going away") {
    CollectorRig rig(config);
    rig.storage.writer.answer = [](std::size_t) {
      return WriteResult{.outcome = WriteResult::Outcome::kRefused,
                         .status = Unavailable("draining")};
    };
    CHECK(PostSpans(rig, PostSpansMessage(1)).error_code() == grpc::StatusCode::UNAVAILABLE);
  }
  SECTION("an id of the wrong length") {
    CollectorRig rig(config);
    jaeger::api_v2::PostSpansRequest request;
    request.mutable_batch()->add_spans()->set_trace_id("abc");
    const grpc::Status status = PostSpans(rig, request.SerializeAsString());
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK_THAT(status.error_message(), Catch::StartsWith("PostSpans: bad_id at byte "));
  }
}

TEST_CASE("collector: the default strategy over HTTP and gRPC", "[collector]") {
  CollectorRig rig;
  const HttpResponse response = rig.Fetch(rig.ports().http, "GET", "/api/sampling?service=x");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(response.body ==
        R"({"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.001}})");
  for (const char* const query : {"", "?service=a&service=b"}) {
    const HttpResponse bad =
        rig.Fetch(rig.ports().http, "GET", std::string("/api/sampling") + query);
    CHECK(bad.status == 400);
    CHECK(bad.body == "'service' parameter must be provided once\n");
  }
  CHECK(MetricValue(rig.metrics, "jaeger_collector_http_server_requests_total",
                    {R"(type="sampling")"}) == 1);
  CHECK(MetricValue(rig.metrics, "jaeger_collector_http_server_errors_total",
                    {R"(status="4xx")", R"(source="all")"}) == 2);

  grpc::ClientContext context;
  jaeger::api_v2::SamplingStrategyParameters parameters;
  parameters.set_servicename("x");
  jaeger::api_v2::SamplingStrategyResponse strategy;
  CHECK(jaeger::api_v2::SamplingManager::NewStub(CollectorRig::Channel(rig.ports().grpc))
            ->GetSamplingStrategy(&context, parameters, &strategy)
            .ok());
  CHECK(strategy.probabilisticsampling().samplingrate() == 0.001);
}

TEST_CASE("collector: figures on the admin port", "[collector]") {
  CollectorRig rig;
  const std::string vars = rig.DebugVars().body;
  CHECK_THAT(vars, Catch::Contains(R"("collector.num-workers")"));
  CHECK_THAT(vars, Catch::Contains(R"("collector.queue-size")"));
  const auto limits = nlohmann::json::parse(vars)["collector.limits"];
  CHECK(limits["queue-size"]["limit"] == 2'000);
  CHECK(limits["queue-size"]["used"] == 0);
  CHECK(limits["value-bytes"]["hits"] == 0);
  CHECK(limits.size() == kLimits);
  CHECK(MetricValue(rig.metrics, "jaeger_collector_queue_capacity") == 2'000);
}

TEST_CASE("collector: stop finishes requests under way", "[collector]") {
  CollectorRig rig;
  auto http = std::async(std::launch::async, [&] { return Post(rig, ThriftBody(1)); });
  auto grpc = std::async(std::launch::async, [&] { return PostSpans(rig, PostSpansMessage(1)); });
  REQUIRE(rig.storage.writer.WaitForKept(2));
  auto stop = std::async(std::launch::async, [&] { rig.Stop(kPatience); });
  CHECK(stop.wait_for(20ms) == std::future_status::timeout);
  rig.storage.writer.FinishOne(Committed(1));
  rig.storage.writer.FinishOne(Committed(1));
  stop.get();
  CHECK(http.get().status == 202);
  CHECK(grpc.get().ok());
}

TEST_CASE("collector: stop does not wait for a store beyond its deadline", "[collector]") {
  CollectorRig rig;
  auto grpc = std::async(std::launch::async, [&] { return PostSpans(rig, PostSpansMessage(1)); });
  REQUIRE(rig.storage.writer.WaitForKept(1));
  rig.Stop(200ms);
  CHECK_FALSE(grpc.get().ok());
  CHECK(MetricValue(rig.metrics, "pugmark_collector_spans_failed_total",
                    {R"(reason="unknown_outcome")"}) == 1);
  rig.storage.writer.FinishOne(Committed(1));
}

TEST_CASE("collector: bodies beyond the limit are refused and counted", "[collector]") {
  CollectorConfig config;
  config.limits.http_body_bytes = 1'000;
  CollectorRig rig(config);
  CHECK(Post(rig, std::string(1'001, 'x')).status == 413);
  CHECK(MetricValue(rig.metrics, "pugmark_collector_limit_hits_total",
                    {R"(limit="http-body-bytes")"}) == 1);
}

TEST_CASE("collector: adaptive sampling needs a store that can keep it", "[collector]") {
  CollectorConfig config;
  REQUIRE(config.SelectSampling({{"SAMPLING_CONFIG_TYPE", "adaptive"}}).ok());
  CHECK(config.sampling.type == SamplingType::kAdaptive);
  CHECK_FALSE(config.SelectSampling({{"SAMPLING_CONFIG_TYPE", "guess"}}).ok());
  Metrics metrics;
  IoRuntime runtime(1);
  AdminConfig admin_config;
  admin_config.address = {"127.0.0.1", 0};
  const auto admin = AdminServer::Start(runtime, admin_config, metrics);
  REQUIRE(admin.ok());
  WriterStorage storage;
  const auto collector = Collector::Start(
      {runtime, metrics, **admin, {}, [](int, const std::string&) {}}, config, {}, storage);
  REQUIRE_FALSE(collector.ok());
  CHECK_THAT(collector.error().message, Catch::Contains("SAMPLING_CONFIG_TYPE"));
}

TEST_CASE("collector: a bad configuration is refused", "[collector]") {
  CollectorConfig config;
  std::string name;
  SECTION("no writes") {
    config.num_workers = 0;
    name = "collector.num-workers";
  }
  SECTION("messages that hold nothing") {
    config.otlp.grpc.max_message_bytes = 10;
    name = "collector.otlp.grpc.max-message-size";
  }
  SECTION("more than all traces") {
    config.downsampling.ratio = 1.5;
    name = "downsampling.ratio";
  }
  SECTION("no probability") {
    config.sampling.default_probability = -1;
    name = "sampling.default-sampling-probability";
  }
  SECTION("a target of nothing") {
    config.sampling.type = SamplingType::kAdaptive;
    config.sampling.adaptive.targets.target_samples_per_second = 0;
    name = "sampling.target-samples-per-second";
  }
  SECTION("no time between calculations") {
    config.sampling.type = SamplingType::kAdaptive;
    config.sampling.adaptive.calculation_interval = Nanoseconds(0);
    name = "sampling.calculation-interval";
  }
  const Status status = config.Validate();
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == ErrorCode::kInvalidArgument);
  CHECK_THAT(status.error().message, Catch::StartsWith(name));
}

}  // namespace
}  // namespace pugmark
