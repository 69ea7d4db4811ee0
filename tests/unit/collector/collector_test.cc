// The collector as a whole, over a store that does as it is told.
#include "collector/collector.h"

#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>
#include <future>
#include <stdexcept>

#include "collector.grpc.pb.h"
#include "collector_support.h"
#include "common/net/http.h"
#include "proto/codec/api_v2_encoder.h"
#include "proto/codec/thrift_encoder.h"
#include "sampling.grpc.pb.h"

namespace pugmark {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kAnyPort = 0;

class WriterStorage : public Storage {
 public:
  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  SpanWriter* span_writer() override { return &writer; }
  TraceReader& trace_reader() override { throw std::logic_error("a collector does not read"); }
  DependencyReader* dependency_reader() override { return nullptr; }
  Status Health() override { return {}; }
  Status Drain(std::chrono::steady_clock::time_point /*deadline*/) override { return {}; }

  FakeWriter writer;

 private:
  Capabilities capabilities_;
};

class Rig {
 public:
  Rig() : Rig(CollectorConfig()) {}
  explicit Rig(CollectorConfig config) {
    AdminConfig admin_config;
    admin_config.address = {"127.0.0.1", kAnyPort};
    auto admin = AdminServer::Start(runtime_, admin_config, metrics);
    REQUIRE(admin.ok());
    admin_ = *std::move(admin);
    config.grpc.address = {"127.0.0.1", kAnyPort};
    config.http.address = {"127.0.0.1", kAnyPort};
    auto collector = Collector::Start(
        {runtime_, metrics, *admin_, {}, [](int, const std::string&) {}}, config, {}, storage);
    REQUIRE(collector.ok());
    collector_ = *std::move(collector);
    admin_->SetReady(true);
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(collector_->grpc_port()),
                                   grpc::InsecureChannelCredentials());
  }
  ~Rig() {
    admin_->SetReady(false);
    collector_.reset();
  }

  HttpResponse Post(std::string_view body, std::string_view type = "application/x-thrift",
                    std::string_view path = "/api/traces") {
    return Fetch("POST", path, body, {{"Content-Type", std::string(type)}});
  }
  HttpResponse Fetch(std::string_view method, std::string_view path, std::string_view body = "",
                     const std::vector<HttpHeader>& headers = {}) {
    auto reply =
        HttpFetch({"127.0.0.1", collector_->http_port()}, method, path, body, headers, kPatience);
    REQUIRE(reply.ok());
    return *std::move(reply);
  }
  grpc::Status PostSpans(const std::string& message) {
    jaeger::api_v2::PostSpansRequest request;
    REQUIRE(request.ParseFromString(message));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    jaeger::api_v2::PostSpansResponse response;
    return jaeger::api_v2::CollectorService::NewStub(channel_)->PostSpans(&context, request,
                                                                          &response);
  }
  [[nodiscard]] const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  void Stop(std::chrono::milliseconds time) {
    collector_->Stop(std::chrono::steady_clock::now() + time);
  }
  HttpResponse DebugVars() {
    auto reply = HttpFetch({"127.0.0.1", admin_->port()}, "GET", "/debug/vars", "", {}, kPatience);
    REQUIRE(reply.ok());
    return *std::move(reply);
  }

  Metrics metrics;
  WriterStorage storage;

 private:
  IoRuntime runtime_{2};
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<Collector> collector_;
  std::shared_ptr<grpc::Channel> channel_;
};

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

std::string Header(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

TEST_CASE("collector: Thrift over HTTP is stored before it is answered", "[collector]") {
  Rig rig;
  auto answer = std::async(std::launch::async, [&] { return rig.Post(ThriftBody(7)); });
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
  Rig rig;
  std::vector<HttpHeader> headers;
  if (!type.empty()) {
    headers.emplace_back("Content-Type", type);
  }
  const HttpResponse response = rig.Fetch(method, path, body, headers);
  CHECK(response.status == status);
  CHECK(response.body == text);
  CHECK(response.content_type == (text.empty() ? "" : "text/plain; charset=utf-8"));
}

TEST_CASE("collector: parameters of path and type do not matter", "[collector]") {
  Rig rig;
  rig.storage.writer.answer = Committed;
  CHECK(rig.Post(ThriftBody(1), "application/vnd.apache.thrift.binary; charset=x",
                 "/api/traces?format=jaeger.thrift")
            .status == 202);
}

TEST_CASE("collector: HTTP answers for each outcome of a write", "[collector]") {
  Rig rig;
  WriteResult busy{.outcome = WriteResult::Outcome::kRefused,
                   .status = Error{ErrorCode::kResourceExhausted, "write stall"}};
  busy.retry_after = 2500ms;
  rig.storage.writer.answer = [&](std::size_t) { return busy; };
  const HttpResponse retry = rig.Post(ThriftBody(1));
  CHECK(retry.status == 503);
  CHECK(retry.body == "Cannot submit Jaeger batch: write stall\n");
  CHECK(Header(retry, "Retry-After") == "3");
  rig.storage.writer.answer = [](std::size_t) {
    return WriteResult{.outcome = WriteResult::Outcome::kRefused,
                       .status = Error{ErrorCode::kDataLoss, "corrupted"}};
  };
  const HttpResponse failed = rig.Post(ThriftBody(1));
  CHECK(failed.status == 500);
  CHECK(failed.body == "Cannot submit Jaeger batch: corrupted\n");
}

TEST_CASE("collector: PostSpans is answered after the write", "[collector]") {
  Rig rig;
  auto answer = std::async(std::launch::async, [&] { return rig.PostSpans(PostSpansMessage(3)); });
  REQUIRE(rig.storage.writer.WaitForKept(1));
  rig.storage.writer.FinishOne(Committed(3));
  CHECK(answer.get().ok());
  CHECK(MetricValue(rig.metrics, "jaeger_collector_spans_received_total",
                    {R"(format="proto")", R"(transport="grpc")"}) == 3);
  CHECK(rig.PostSpans("").ok());
}

TEST_CASE("collector: PostSpans is refused with codes that agents understand", "[collector]") {
  CollectorConfig config;
  SECTION("no room in the queue") {
    config.queue_size = 0;
    Rig rig(config);
    const grpc::Status status = rig.PostSpans(PostSpansMessage(1));
    CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    CHECK_THAT(status.error_message(), Catch::StartsWith("server busy"));
  }
  SECTION("no room in the byte budget") {
    config.max_bytes_in_flight = 10;
    Rig rig(config);
    CHECK(rig.PostSpans(PostSpansMessage(1)).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    const HttpResponse response = rig.Post(ThriftBody(1));
    CHECK(response.status == 503);
    CHECK(Header(response, "Retry-After") == "1");
    CHECK(MetricValue(rig.metrics, "pugmark_collector_requests_total", {R"(outcome="busy")"}) == 2);
  }
  SECTION("a store that is going away") {
    Rig rig(config);
    rig.storage.writer.answer = [](std::size_t) {
      return WriteResult{.outcome = WriteResult::Outcome::kRefused,
                         .status = Unavailable("draining")};
    };
    CHECK(rig.PostSpans(PostSpansMessage(1)).error_code() == grpc::StatusCode::UNAVAILABLE);
  }
  SECTION("an id of the wrong length") {
    Rig rig(config);
    jaeger::api_v2::PostSpansRequest request;
    request.mutable_batch()->add_spans()->set_trace_id("abc");
    const grpc::Status status = rig.PostSpans(request.SerializeAsString());
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK_THAT(status.error_message(), Catch::StartsWith("PostSpans: bad_id at byte "));
  }
}

TEST_CASE("collector: the default strategy over HTTP and gRPC", "[collector]") {
  Rig rig;
  const HttpResponse response = rig.Fetch("GET", "/api/sampling?service=x");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(response.body ==
        R"({"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.001}})");
  for (const char* const query : {"", "?service=a&service=b"}) {
    const HttpResponse bad = rig.Fetch("GET", std::string("/api/sampling") + query);
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
  CHECK(jaeger::api_v2::SamplingManager::NewStub(rig.channel())
            ->GetSamplingStrategy(&context, parameters, &strategy)
            .ok());
  CHECK(strategy.probabilisticsampling().samplingrate() == 0.001);
}

TEST_CASE("collector: figures on the admin port", "[collector]") {
  Rig rig;
  const std::string vars = rig.DebugVars().body;
  CHECK_THAT(vars, Catch::Contains(R"("collector.num-workers")"));
  CHECK_THAT(vars, Catch::Contains(R"("collector.queue-size")"));
  CHECK(MetricValue(rig.metrics, "jaeger_collector_queue_capacity") == 2'000);
}

TEST_CASE("collector: stop finishes requests under way", "[collector]") {
  Rig rig;
  auto http = std::async(std::launch::async, [&] { return rig.Post(ThriftBody(1)); });
  auto grpc = std::async(std::launch::async, [&] { return rig.PostSpans(PostSpansMessage(1)); });
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
  Rig rig;
  auto grpc = std::async(std::launch::async, [&] { return rig.PostSpans(PostSpansMessage(1)); });
  REQUIRE(rig.storage.writer.WaitForKept(1));
  rig.Stop(200ms);
  CHECK_FALSE(grpc.get().ok());
  CHECK(MetricValue(rig.metrics, "pugmark_collector_spans_failed_total",
                    {R"(reason="unknown_outcome")"}) == 1);
  rig.storage.writer.FinishOne(Committed(1));
}

TEST_CASE("collector: a bad configuration is refused", "[collector]") {
  CollectorConfig config;
  config.num_workers = 0;
  const Status status = config.Validate();
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == ErrorCode::kInvalidArgument);
  CHECK_THAT(status.error().message, Catch::Contains("collector.num-workers"));
}

}  // namespace
}  // namespace pugmark
