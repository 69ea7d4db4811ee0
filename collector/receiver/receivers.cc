#include "collector/receiver/receivers.h"

#include <string_view>
#include <thread>
#include <utility>

#include "collector/receiver/otlp_grpc_service.h"
#include "collector/receiver/otlp_http.h"
#include "collector/receiver/post_spans_service.h"
#include "collector/receiver/thrift_http.h"
#include "collector/receiver/zipkin_http.h"
#include "collector/sampling/sampling_http.h"
#include "collector/sampling/sampling_service.h"
#include "common/net/grpc_server.h"

namespace pugmark {
namespace {

GrpcServerOptions ToServerOptions(const CollectorGrpcConfig& config) {
  return {.address = config.address,
          .max_message_bytes = config.max_message_bytes,
          .max_connection_age = config.max_connection_age,
          .max_connection_age_grace = config.max_connection_age_grace};
}

template <typename Server>
std::uint16_t PortOf(const std::unique_ptr<Server>& server) {
  return server == nullptr ? 0 : server->port();
}

// Keeps the server that was started.
template <typename Server>
Status Keep(Result<std::unique_ptr<Server>> started, std::unique_ptr<Server>& server) {
  if (!started.ok()) {
    return std::move(started).error();
  }
  server = *std::move(started);
  return {};
}

}  // namespace

// The order of destruction: servers first, then what their requests use.
struct Receivers::Parts {
  Parts(const ServiceContext& service_context, const CollectorConfig& collector_config,
        Pipeline& pipeline, const std::shared_ptr<ByteBudget>& budget, LimitHits& hits,
        const StrategyProvider& strategies)
      : context(service_context),
        config(collector_config),
        http_context{context.runtime, context.metrics, hits, config.limits.http_body_bytes},
        limits{config.limits.batch, config.limits.content},
        sampling_http(strategies, context.metrics),
        grpc_intake("grpc", InboundTransport::kGrpc, pipeline, budget, hits, context.metrics,
                    limits),
        http_intake("http", InboundTransport::kHttp, pipeline, budget, hits, context.metrics,
                    limits),
        otlp_grpc_intake("otlp-grpc", InboundTransport::kGrpc, pipeline, budget, hits,
                         context.metrics, limits),
        otlp_http_intake("otlp-http", InboundTransport::kHttp, pipeline, budget, hits,
                         context.metrics, limits),
        zipkin_intake("zipkin", InboundTransport::kHttp, pipeline, budget, hits, context.metrics,
                      limits),
        post_spans(MakePostSpansService(grpc_intake, context.runtime)),
        sampling(MakeSamplingService(strategies)),
        otlp(MakeOtlpGrpcService(otlp_grpc_intake, context.runtime)) {}

  Status StartGrpc() {
    return Keep(
        GrpcServer::Start("collector.grpc-server", ToServerOptions(config.grpc),
                          {post_spans.get(), sampling.get()},
                          {"jaeger.api_v2.CollectorService", "jaeger.api_v2.SamplingManager"}),
        grpc);
  }
  Status StartHttp() {
    return Keep(StartThriftHttp(http_context, config.http, http_intake, sampling_http), http);
  }
  Status StartOtlpGrpc() {
    return config.otlp.enabled
               ? Keep(GrpcServer::Start("collector.otlp.grpc", ToServerOptions(config.otlp.grpc),
                                        {otlp.get()}, {}),
                      otlp_grpc)
               : Status();
  }
  Status StartOtlpHttpServer() {
    return config.otlp.enabled
               ? Keep(StartOtlpHttp(http_context, config.otlp, otlp_http_intake), otlp_http)
               : Status();
  }

  Status StartZipkin() {
    return config.zipkin.host_port.empty()
               ? Status()
               : Keep(StartZipkinHttp(http_context, config.zipkin, zipkin_intake), zipkin);
  }

  const ServiceContext context;
  const CollectorConfig config;
  const HttpFrontContext http_context;
  const IntakeLimits limits;
  SamplingHttp sampling_http;
  Intake grpc_intake;
  Intake http_intake;
  Intake otlp_grpc_intake;
  Intake otlp_http_intake;
  Intake zipkin_intake;
  const std::unique_ptr<grpc::Service> post_spans;
  const std::unique_ptr<grpc::Service> sampling;
  const std::unique_ptr<grpc::Service> otlp;
  std::unique_ptr<GrpcServer> grpc;
  std::unique_ptr<HttpFront> http;
  std::unique_ptr<GrpcServer> otlp_grpc;
  std::unique_ptr<HttpFront> otlp_http;
  std::unique_ptr<HttpFront> zipkin;
};

Receivers::Receivers(const ServiceContext& context, const CollectorConfig& config,
                     Pipeline& pipeline, const std::shared_ptr<ByteBudget>& budget, LimitHits& hits,
                     const StrategyProvider& strategies)
    : parts_(std::make_unique<Parts>(context, config, pipeline, budget, hits, strategies)) {}

Receivers::~Receivers() { Stop(std::chrono::steady_clock::now()); }

Status Receivers::Start() {
  for (const auto start : {&Parts::StartGrpc, &Parts::StartHttp, &Parts::StartOtlpGrpc,
                           &Parts::StartOtlpHttpServer, &Parts::StartZipkin}) {
    if (auto started = ((*parts_).*start)(); !started.ok()) {
      Stop(std::chrono::steady_clock::now());
      return started;
    }
  }
  return {};
}

void Receivers::Stop(std::chrono::steady_clock::time_point deadline) {
  std::vector<std::jthread> stops;  // at once: each may take all of the time
  const auto stop = [&](auto& server) {
    if (server != nullptr) {
      stops.emplace_back([&server, deadline] { server->Stop(deadline); });
    }
  };
  stop(parts_->grpc);
  stop(parts_->otlp_grpc);
  stop(parts_->http);
  stop(parts_->otlp_http);
  stop(parts_->zipkin);
}

CollectorPorts Receivers::ports() const {
  return {.grpc = PortOf(parts_->grpc),
          .http = PortOf(parts_->http),
          .otlp_grpc = PortOf(parts_->otlp_grpc),
          .otlp_http = PortOf(parts_->otlp_http),
          .zipkin = PortOf(parts_->zipkin)};
}

}  // namespace pugmark
