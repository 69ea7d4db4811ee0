#include "collector/sampling/throughput.h"

#include <array>
#include <cstdio>
#include <optional>
#include <utility>

#include "common/base/go_number.h"

namespace pugmark {
namespace {

constexpr std::size_t kMostProbabilities = 10;  // of an operation

struct SamplerParameters {
  bool is_probabilistic;
  double probability;
};

std::optional<double> NumberOf(const Value& value) {
  switch (value.type()) {
    case ValueType::kDouble:
      return value.real();
    case ValueType::kInt:
      return static_cast<double>(value.integer());
    case ValueType::kString: {
      auto number = ParseGoFloat(value.text());
      return number.ok() ? std::optional(*number) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

// The tags sampler.type and sampler.param, where both are there and make sense.
std::optional<SamplerParameters> ParametersOf(const Span& span) {
  const Attribute* const type = FindAttribute(span.attributes, "sampler.type");
  const Attribute* const parameter = FindAttribute(span.attributes, "sampler.param");
  if (type == nullptr || parameter == nullptr) {
    return std::nullopt;
  }
  const std::string_view name = type->value.text();
  const bool is_probabilistic = name == "probabilistic";
  const auto number = NumberOf(parameter->value);
  if (!number ||
      !(is_probabilistic || name == "lowerbound" || name == "ratelimiting" || name == "const")) {
    return std::nullopt;
  }
  return SamplerParameters{is_probabilistic, *number};
}

}  // namespace

std::string ProbabilityText(double probability) {
  std::array<char, 400> text{};  // the largest double has 309 digits before the point
  std::snprintf(text.data(), text.size(), "%.6f", probability);
  return text.data();
}

ThroughputCounter::ThroughputCounter(Metrics& metrics)
    : operations_total_(metrics.AddCounter("jaeger_collector_sampling_operations_total",
                                           "operations whose sampling was observed")),
      services_total_(metrics.AddCounter("jaeger_collector_sampling_services_total",
                                         "services whose sampling was observed")) {}

void ThroughputCounter::Add(const Span& span) {
  if (span.parent_span_id != 0 || span.name.empty() || span.resource->service_name.empty()) {
    return;
  }
  const auto parameters = ParametersOf(span);
  if (!parameters) {
    return;
  }
  std::string text = ProbabilityText(parameters->probability);
  const std::string_view service_name = span.resource->service_name;
  const std::lock_guard lock(mutex_);
  auto service = services_.find(service_name);
  auto operation =
      service == services_.end() ? Operations::iterator() : service->second.find(span.name);
  if (service == services_.end() || operation == service->second.end()) {
    if (operations_ == kMostOperations) {
      return;
    }
    ++operations_;
    service = services_.try_emplace(std::string(service_name)).first;
    operation =
        service->second
            .try_emplace(std::string(span.name),
                         Throughput{std::string(service_name), std::string(span.name), 0, {}})
            .first;
  }
  Throughput& throughput = operation->second;
  if (throughput.probabilities.size() < kMostProbabilities) {
    throughput.probabilities.insert(std::move(text));
  }
  throughput.count += parameters->is_probabilistic ? 1 : 0;
}

std::vector<Throughput> ThroughputCounter::Take() {
  std::map<std::string, Operations, std::less<>> services;
  {
    const std::lock_guard lock(mutex_);
    services.swap(services_);
    operations_ = 0;
  }
  std::vector<Throughput> taken;
  for (auto& [service, operations] : services) {
    for (auto& [operation, throughput] : operations) {
      taken.push_back(std::move(throughput));
    }
  }
  operations_total_.Increment(static_cast<double>(taken.size()));
  services_total_.Increment(static_cast<double>(services.size()));
  return taken;
}

}  // namespace pugmark
