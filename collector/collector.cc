#include "collector/collector.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "collector/pipeline/intake.h"
#include "collector/pipeline/pipeline.h"
#include "collector/receiver/post_spans_service.h"
#include "collector/receiver/thrift_http.h"
#include "collector/sampling/sampling_http.h"
#include "collector/sampling/sampling_service.h"
#include "collector/sampling/strategy_file.h"
#include "common/log/log.h"
#include "common/net/grpc_server.h"

namespace pugmark {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string HostName() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string("unknown");
}

GrpcServerOptions ToServerOptions(const CollectorGrpcConfig& config) {
  return {.address = config.address,
          .max_message_bytes = config.max_message_bytes,
          .max_connection_age = config.max_connection_age,
          .max_connection_age_grace = config.max_connection_age_grace};
}

class CollectorImpl : public Collector {
 public:
  CollectorImpl(const ServiceContext& context, const CollectorConfig& config, CollectorTags tags,
                std::unique_ptr<StrategyProvider> strategies, SpanWriter& writer)
      : context_(context),
        config_(config),
        budget_(std::make_shared<ByteBudget>(config.max_bytes_in_flight > 0
                                                 ? config.max_bytes_in_flight
                                                 : ByteBudget::DefaultLimitBytes())),
        pipeline_metrics_(std::make_shared<PipelineMetrics>(context.metrics, HostName())),
        span_counters_(std::make_shared<SpanCounters>(context.metrics)),
        pipeline_(MakeOptions(std::move(tags)), writer, pipeline_metrics_, span_counters_),
        grpc_intake_("grpc", InboundTransport::kGrpc, pipeline_, *budget_, context.metrics),
        http_intake_("http", InboundTransport::kHttp, pipeline_, *budget_, context.metrics),
        strategies_(std::move(strategies)),
        sampling_http_(*strategies_, context.metrics),
        post_spans_service_(MakePostSpansService(grpc_intake_, context.runtime)),
        sampling_service_(MakeSamplingService(*strategies_)) {}

  ~CollectorImpl() override { Stop(SteadyClock::now()); }

  Status StartServers() {
    auto grpc =
        GrpcServer::Start("collector.grpc-server", ToServerOptions(config_.grpc),
                          {post_spans_service_.get(), sampling_service_.get()},
                          {"jaeger.api_v2.CollectorService", "jaeger.api_v2.SamplingManager"});
    if (!grpc.ok()) {
      return std::move(grpc).error();
    }
    grpc_ = *std::move(grpc);
    auto http = ThriftHttpServer::Start(context_.runtime, config_.http, http_intake_,
                                        sampling_http_, context_.metrics);
    if (!http.ok()) {
      return std::move(http).error();
    }
    http_ = *std::move(http);
    ShowFigures();
    Log(LogLevel::kInfo, "collector listens",
        {{"grpc_port", grpc_->port()}, {"http_port", http_->port()}});
    return {};
  }

  [[nodiscard]] std::uint16_t grpc_port() const override { return grpc_->port(); }
  [[nodiscard]] std::uint16_t http_port() const override { return http_->port(); }

  void Stop(SteadyClock::time_point deadline) override {
    // What comes after, such as the store, needs a part of the time as well.
    const auto now = SteadyClock::now();
    const auto answered_by = now + std::max(deadline - now, SteadyClock::duration(0)) * 3 / 4;
    {
      // gRPC waits here for the end of its calls, which the pipeline answers.
      const std::jthread grpc_stop([this, answered_by] {
        if (grpc_ != nullptr) {
          grpc_->Stop(answered_by);
        }
      });
      if (http_ != nullptr) {
        http_->Stop(answered_by);
      }
      pipeline_.Stop(answered_by);
    }
    refresh_.reset();
  }

 private:
  [[nodiscard]] PipelineOptions MakeOptions(CollectorTags tags) const {
    PipelineOptions options;
    options.queue_size = config_.queue_size;
    options.queue_bytes = budget_->limit_bytes();
    options.num_workers = config_.num_workers;
    options.measure_bytes = config_.enable_span_size_metrics;
    options.tags = std::move(tags);
    return options;
  }

  // Gauges, and the variables of /debug/vars. The admin server outlives the collector: what it
  // shows lies in objects that it shares.
  void ShowFigures() {
    refresh_ = context_.metrics.BeforeScrape([this] {
      pipeline_metrics_->queue_length.Set(static_cast<double>(pipeline_.queue_length()));
      pipeline_metrics_->queue_capacity.Set(static_cast<double>(pipeline_.queue_capacity()));
      pipeline_metrics_->service_names.Set(static_cast<double>(span_counters_->services()));
    });
    AdminServer& admin = context_.admin;
    admin.AddDebugVariable("collector.num-workers",
                           [n = config_.num_workers] { return std::to_string(n); });
    admin.AddDebugVariable("collector.queue-size",
                           [n = config_.queue_size] { return std::to_string(n); });
    admin.AddDebugVariable("collector.bytes-in-flight", [budget = budget_] {
      return "{\"limit\":" + std::to_string(budget->limit_bytes()) +
             ",\"used\":" + std::to_string(budget->used_bytes()) +
             ",\"refusals\":" + std::to_string(budget->refusals()) + "}";
    });
  }

  const ServiceContext context_;
  const CollectorConfig config_;
  const std::shared_ptr<ByteBudget> budget_;
  const std::shared_ptr<PipelineMetrics> pipeline_metrics_;
  const std::shared_ptr<SpanCounters> span_counters_;
  Pipeline pipeline_;
  Intake grpc_intake_;
  Intake http_intake_;
  const std::unique_ptr<StrategyProvider> strategies_;
  SamplingHttp sampling_http_;
  const std::unique_ptr<grpc::Service> post_spans_service_;
  const std::unique_ptr<grpc::Service> sampling_service_;
  std::unique_ptr<GrpcServer> grpc_;
  std::unique_ptr<ThriftHttpServer> http_;
  std::shared_ptr<Metrics::Hook> refresh_;
};

}  // namespace

Result<std::unique_ptr<Collector>> Collector::Start(
    ServiceContext context, const CollectorConfig& config,
    const std::map<std::string, std::string>& environment, Storage& storage) {
  if (auto valid = config.Validate(); !valid.ok()) {
    return std::move(valid).error();
  }
  auto tags = CollectorTags::Parse(config.tags, environment);
  if (!tags.ok()) {
    return std::move(tags).error();
  }
  auto strategies = StrategyFile::Open(
      {config.sampling.strategies_file, config.sampling.strategies_reload_interval,
       config.sampling.default_probability},
      context.metrics);
  if (!strategies.ok()) {
    return std::move(strategies).error();
  }
  SpanWriter* const writer = storage.span_writer();
  if (writer == nullptr) {
    return Error{ErrorCode::kFailedPrecondition, "the collector needs a store that it can write"};
  }
  auto collector = std::make_unique<CollectorImpl>(context, config, *std::move(tags),
                                                   *std::move(strategies), *writer);
  if (auto started = collector->StartServers(); !started.ok()) {
    return std::move(started).error();
  }
  return std::unique_ptr<Collector>(std::move(collector));
}

}  // namespace pugmark
