#include "collector/collector.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <future>
#include <initializer_list>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "collector/pipeline/pipeline.h"
#include "collector/receiver/receivers.h"
#include "collector/sampling/adaptive_sampling.h"
#include "collector/sampling/strategy_file.h"
#include "common/base/hex.h"
#include "common/log/log.h"

namespace pugmark {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string HostName() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string("unknown");
}

std::string RandomSuffix() {
  std::random_device random;
  return Hex16(std::uint64_t{random()} << 32 | random());
}

// Appends one of the figures of /debug/vars: "name":{"limit":1,"used":0,"hits":0}.
void AppendLimit(std::string& json, Limit limit, std::size_t most, const LimitHits& hits,
                 std::optional<std::size_t> used = std::nullopt) {
  json.append(json.empty() ? "\"" : ",\"").append(LimitName(limit));
  json.append("\":{\"limit\":").append(std::to_string(most));
  if (used) {
    json.append(",\"used\":").append(std::to_string(*used));
  }
  json.append(",\"hits\":").append(std::to_string(hits.Get(limit))).append("}");
}

// What a collector is made of beside its options.
struct Parts {
  CollectorTags tags;
  std::unique_ptr<StrategyProvider> strategies;
  AdaptiveSampling* adaptive = nullptr;  // the strategies, where they are adaptive
  SpanWriter* writer = nullptr;
};

PipelineOptions ToPipelineOptions(const CollectorConfig& config, const Parts& parts,
                                  const ByteBudget& budget) {
  PipelineOptions options;
  options.queue_size = config.queue_size;
  options.queue_bytes = budget.limit_bytes();
  options.num_workers = config.num_workers;
  options.queue_memory_bytes = config.queue_size_memory_mib << 20;
  options.measure_bytes = config.enable_span_size_metrics;
  options.tags = parts.tags;
  options.downsampler = Downsampler(config.downsampling.ratio, config.downsampling.hash_salt);
  if (parts.adaptive != nullptr) {
    options.on_root = [adaptive = parts.adaptive](const Span& span) { adaptive->Observe(span); };
  }
  return options;
}

class CollectorImpl : public Collector {
 public:
  CollectorImpl(const ServiceContext& context, const CollectorConfig& config, Parts parts)
      : config_(config),
        budget_(std::make_shared<ByteBudget>(config.limits.bytes_in_flight > 0
                                                 ? config.limits.bytes_in_flight
                                                 : ByteBudget::DefaultLimitBytes())),
        hits_(context.metrics),
        metrics_(std::make_shared<PipelineMetrics>(context.metrics, HostName())),
        counters_(std::make_shared<SpanCounters>(context.metrics)),
        strategies_(std::move(parts.strategies)),
        pipeline_(ToPipelineOptions(config, parts, *budget_), *parts.writer, metrics_, counters_,
                  hits_),
        receivers_(context, config, pipeline_, budget_, hits_, *strategies_) {}

  ~CollectorImpl() override { Stop(SteadyClock::now()); }

  Status Run(const ServiceContext& context) {
    if (auto started = receivers_.Start(); !started.ok()) {
      return started;
    }
    ShowFigures(context);
    const CollectorPorts bound = ports();
    Log(LogLevel::kInfo, "Collector started",
        {{"grpc_port", bound.grpc},
         {"http_port", bound.http},
         {"otlp_grpc_port", bound.otlp_grpc},
         {"otlp_http_port", bound.otlp_http},
         {"zipkin_port", bound.zipkin}});
    return {};
  }

  [[nodiscard]] CollectorPorts ports() const override { return receivers_.ports(); }
  [[nodiscard]] std::uint16_t grpc_port() const override { return ports().grpc; }

  void Stop(SteadyClock::time_point deadline) override {
    // What comes after, such as the store, needs a part of the time as well.
    const auto now = SteadyClock::now();
    const auto answered_by = now + std::max(deadline - now, SteadyClock::duration(0)) * 3 / 4;
    std::promise<void> stopped;
    auto receivers_stopped = stopped.get_future();
    const std::jthread stop([&] {
      receivers_.Stop(answered_by);
      stopped.set_value();
    });
    // Requests under way end as the pipeline answers them; what is left then is refused, which
    // ends the calls that gRPC still waits for.
    receivers_stopped.wait_until(answered_by);
    pipeline_.Stop(answered_by);
    refresh_.reset();
  }

 private:
  // Gauges, and the variables of /debug/vars.
  void ShowFigures(const ServiceContext& context) {
    refresh_ = context.metrics.BeforeScrape([this] {
      metrics_->queue_length.Set(static_cast<double>(pipeline_.queue_length()));
      metrics_->queue_capacity.Set(static_cast<double>(pipeline_.queue_capacity()));
      metrics_->service_names.Set(static_cast<double>(counters_->services()));
    });
    AdminServer& admin = context.admin;
    admin.AddDebugVariable("collector.num-workers",
                           [this] { return std::to_string(config_.num_workers); });
    admin.AddDebugVariable("collector.queue-size",
                           [this] { return std::to_string(pipeline_.queue_capacity()); });
    admin.AddDebugVariable("collector.limits", [this] { return LimitsJson(); });
  }

  [[nodiscard]] std::string LimitsJson() const {
    const CollectorLimits& limits = config_.limits;
    const BatchLimits& batch = limits.batch;
    std::string json;
    AppendLimit(json, Limit::kBytesInFlight, budget_->limit_bytes(), hits_, budget_->used_bytes());
    AppendLimit(json, Limit::kQueue, pipeline_.queue_capacity(), hits_, pipeline_.queue_length());
    for (const auto& [limit, most] : std::initializer_list<std::pair<Limit, std::size_t>>{
             {Limit::kHttpBody, limits.http_body_bytes},
             {Limit::kDecodedBody, limits.content.max_bytes},
             {Limit::kRequestSpans, batch.max_spans},
             {Limit::kRequestMemory, batch.max_arena_bytes},
             {Limit::kSpanAttributes, batch.max_attributes},
             {Limit::kSpanEvents, batch.max_events},
             {Limit::kSpanLinks, batch.max_links},
             {Limit::kValueBytes, batch.max_value_bytes}}) {
      AppendLimit(json, limit, most, hits_);
    }
    return std::string("{").append(json).append("}");
  }

  const CollectorConfig config_;
  const std::shared_ptr<ByteBudget> budget_;
  LimitHits hits_;
  const std::shared_ptr<PipelineMetrics> metrics_;
  const std::shared_ptr<SpanCounters> counters_;
  const std::unique_ptr<StrategyProvider> strategies_;
  Pipeline pipeline_;
  Receivers receivers_;
  std::shared_ptr<Metrics::Hook> refresh_;
};

// The strategies of the chosen type, into `parts`.
Status MakeStrategies(const ServiceContext& context, const CollectorSamplingConfig& config,
                      Storage& storage, Parts& parts) {
  if (config.type == SamplingType::kAdaptive) {
    SamplingStore* const store = storage.sampling_store();
    if (store == nullptr) {
      return InvalidArgument(
          "SAMPLING_CONFIG_TYPE=adaptive needs a store that keeps what sampling observes; the "
          "chosen one does not");
    }
    auto adaptive = std::make_unique<AdaptiveSampling>(config.adaptive, *store, context.metrics,
                                                       HostName() + "-" + RandomSuffix());
    adaptive->Start();
    parts.adaptive = adaptive.get();
    parts.strategies = std::move(adaptive);
    return {};
  }
  auto file = StrategyFile::Open(
      {config.strategies_file, config.strategies_reload_interval, config.default_probability},
      context.metrics);
  if (!file.ok()) {
    return std::move(file).error();
  }
  parts.strategies = *std::move(file);
  return {};
}

}  // namespace

Result<std::unique_ptr<Collector>> Collector::Start(
    ServiceContext context, const CollectorConfig& config,
    const std::map<std::string, std::string>& environment, Storage& storage) {
  if (auto valid = config.Validate(); !valid.ok()) {
    return std::move(valid).error();
  }
  Parts parts;
  auto tags = CollectorTags::Parse(config.tags, environment);
  if (!tags.ok()) {
    return std::move(tags).error();
  }
  parts.tags = *std::move(tags);
  parts.writer = storage.span_writer();
  if (parts.writer == nullptr) {
    return Error{ErrorCode::kFailedPrecondition, "the collector needs a store that it can write"};
  }
  if (auto made = MakeStrategies(context, config.sampling, storage, parts); !made.ok()) {
    return std::move(made).error();
  }
  auto collector = std::make_unique<CollectorImpl>(context, config, std::move(parts));
  if (auto running = collector->Run(context); !running.ok()) {
    return std::move(running).error();
  }
  return std::unique_ptr<Collector>(std::move(collector));
}

}  // namespace pugmark
