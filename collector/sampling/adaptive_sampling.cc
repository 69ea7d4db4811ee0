#include "collector/sampling/adaptive_sampling.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"

namespace pugmark {
namespace {

using jaeger::api_v2::SamplingStrategyResponse;

constexpr char kLease[] = "sampling_store_leader";
constexpr std::chrono::seconds kStrategyRefreshInterval{20};

void LogFailure(const char* event, const Error& error) {
  PUGMARK_LOG_THROTTLED(LogLevel::kError, event, {"error", error.message});
}

}  // namespace

AdaptiveSampling::AdaptiveSampling(const AdaptiveConfig& config, SamplingStore& store,
                                   Metrics& metrics, std::string owner, const Clock& clock)
    : config_(config),
      store_(store),
      owner_(std::move(owner)),
      clock_(clock),
      operations_calculated_(
          metrics.AddGauge("jaeger_collector_adaptive_sampling_processor_operations_calculated",
                           "operations of the last calculation of sampling probabilities")),
      calculation_seconds_(metrics.AddHistogram(
          "jaeger_collector_adaptive_sampling_processor_calculate_probabilities",
          "seconds that a calculation of sampling probabilities took")),
      throughput_(metrics),
      strategies_(std::make_shared<const Strategies>()),
      calculation_(config.targets),
      last_checked_(clock.Now() - config.delay) {}

AdaptiveSampling::~AdaptiveSampling() {
  threads_.clear();
  if (is_leader_) {
    static_cast<void>(store_.ReleaseLease(kLease, owner_));  // else it ends by itself
  }
}

SamplingStrategyResponse AdaptiveSampling::DefaultStrategy() const {
  SamplingStrategyResponse response;
  response.set_strategytype(jaeger::api_v2::PROBABILISTIC);
  auto& operations = *response.mutable_operationsampling();
  operations.set_defaultsamplingprobability(config_.targets.initial_probability);
  operations.set_defaultlowerboundtracespersecond(config_.min_samples_per_second);
  return response;
}

SamplingStrategyResponse AdaptiveSampling::GetStrategy(std::string_view service) const {
  const std::shared_ptr<const Strategies> strategies = strategies_.load();
  const auto found = strategies->find(service);
  return found == strategies->end() ? DefaultStrategy() : found->second;
}

void AdaptiveSampling::Serve(const OperationFigures& probabilities) {
  auto strategies = std::make_shared<Strategies>();
  for (const auto& [service, operations] : probabilities) {
    SamplingStrategyResponse response = DefaultStrategy();
    for (const auto& [operation, probability] : operations) {
      auto& strategy = *response.mutable_operationsampling()->add_peroperationstrategies();
      strategy.set_operation(operation);
      strategy.mutable_probabilisticsampling()->set_samplingrate(probability);
    }
    strategies->emplace(service, std::move(response));
  }
  strategies_ = std::shared_ptr<const Strategies>(std::move(strategies));
}

void AdaptiveSampling::Start() {
  Initialize();
  const auto repeat = [this](Nanoseconds interval, void (AdaptiveSampling::*step)()) {
    threads_.push_back(std::make_unique<Periodic>(interval, [this, step] { (this->*step)(); }));
  };
  repeat(config_.leader_refresh_interval, &AdaptiveSampling::Elect);
  repeat(config_.calculation_interval, &AdaptiveSampling::Calculate);
  repeat(kStrategyRefreshInterval, &AdaptiveSampling::Refresh);
}

void AdaptiveSampling::Initialize() {
  Elect();
  Refresh();
  const std::lock_guard lock(mutex_);
  UnixTime end = last_checked_;
  while (calculation_.buckets() < config_.targets.aggregation_buckets) {
    const UnixTime start = end - config_.calculation_interval;
    const auto rows = store_.GetThroughput(start, end);
    if (!rows.ok()) {
      LogFailure("Failed to read sampling throughput", rows.error());
      return;
    }
    if (rows->empty()) {
      return;
    }
    calculation_.AddOldest(*rows, config_.calculation_interval);
    end = start;
  }
}

void AdaptiveSampling::Elect() {
  const UnixTime now = clock_.Now();
  {
    const std::lock_guard lock(mutex_);
    // last_election_ may be the first of all times: no difference.
    if (!is_leader_ && last_election_ > now - config_.follower_refresh_interval) {
      return;
    }
    last_election_ = now;
  }
  const auto valid_for = std::chrono::ceil<std::chrono::seconds>(config_.follower_refresh_interval);
  const auto elected = store_.AcquireLease(kLease, owner_, valid_for);
  if (!elected.ok()) {
    LogFailure("Failed to acquire the sampling lease", elected.error());
  }
  // Without an answer somebody else may be elected once the lease has ended.
  is_leader_ = elected.ok() && *elected;
}

void AdaptiveSampling::Calculate() {
  const UnixTime now = clock_.Now();
  if (const Status shared = store_.InsertThroughput(throughput_.Take(), now); !shared.ok()) {
    LogFailure("Failed to store sampling throughput", shared.error());
  }
  const std::lock_guard lock(mutex_);
  const UnixTime end = now - config_.delay;
  const auto rows = store_.GetThroughput(last_checked_, end);
  if (!rows.ok()) {
    LogFailure("Failed to read sampling throughput", rows.error());
    return;
  }
  calculation_.AddNewest(*rows, end - last_checked_);
  last_checked_ = end;
  if (!is_leader_) {
    return;
  }
  const auto begin = std::chrono::steady_clock::now();
  const AdaptiveCalculation::Figures& figures = calculation_.Calculate();
  calculation_seconds_.Observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  operations_calculated_.Set(static_cast<double>(figures.operations));
  if (const Status stored =
          store_.InsertProbabilities(owner_, figures.probabilities, figures.qps, now);
      !stored.ok()) {
    LogFailure("Failed to store sampling probabilities", stored.error());
  }
  Serve(figures.probabilities);
}

void AdaptiveSampling::Refresh() {
  if (is_leader_ && !strategies_.load()->empty()) {
    return;  // it serves what it calculated itself
  }
  auto latest = store_.GetLatestProbabilities();
  if (!latest.ok()) {
    LogFailure("Failed to read sampling probabilities", latest.error());
    return;
  }
  if (latest->has_value()) {
    Serve(**latest);
    const std::lock_guard lock(mutex_);
    calculation_.SetProbabilities(**std::move(latest));
  }
}

}  // namespace pugmark
