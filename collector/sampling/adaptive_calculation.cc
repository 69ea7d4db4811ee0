#include "collector/sampling/adaptive_calculation.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "collector/sampling/throughput.h"

namespace pugmark {
namespace {

constexpr double kEqual = 1e-10;
constexpr double kLargestIncrease = 2;  // of a probability, in one calculation

bool AreEqual(double a, double b) { return std::abs(a - b) < kEqual; }

template <typename Figure>
const Figure* Find(const std::map<std::string, std::map<std::string, Figure>>& figures,
                   const std::string& service, const std::string& operation) {
  const auto operations = figures.find(service);
  if (operations == figures.end()) {
    return nullptr;
  }
  const auto figure = operations->second.find(operation);
  return figure == operations->second.end() ? nullptr : &figure->second;
}

}  // namespace

AdaptiveCalculation::Bucket AdaptiveCalculation::MakeBucket(
    const std::vector<Throughput>& throughput, Nanoseconds interval) {
  Bucket bucket;
  bucket.seconds = std::max(std::chrono::duration<double>(interval).count(), 1e-3);
  for (const Throughput& row : throughput) {
    Observed& observed = bucket.throughput[row.service][row.operation];
    observed.count += row.count;
    observed.probabilities.insert(row.probabilities.begin(), row.probabilities.end());
  }
  return bucket;
}

void AdaptiveCalculation::AddNewest(const std::vector<Throughput>& throughput,
                                    Nanoseconds interval) {
  buckets_.push_front(MakeBucket(throughput, interval));
  if (buckets_.size() > targets_.aggregation_buckets) {
    buckets_.pop_back();
  }
}

void AdaptiveCalculation::AddOldest(const std::vector<Throughput>& throughput,
                                    Nanoseconds interval) {
  if (buckets_.size() < targets_.aggregation_buckets) {
    buckets_.push_back(MakeBucket(throughput, interval));
  }
}

// Newer figures weigh more: of L of them, the i-th newest (L-i)^4.
double AdaptiveCalculation::WeightedQps(const std::string& service,
                                        const std::string& operation) const {
  std::vector<double> qps;
  for (const Bucket& bucket : buckets_) {
    const Observed* const observed = Find(bucket.throughput, service, operation);
    if (observed != nullptr && qps.size() < targets_.buckets_for_calculation) {
      qps.push_back(static_cast<double>(observed->count) / bucket.seconds);
    }
  }
  double sum = 0;
  double weights = 0;
  for (std::size_t i = 0; i < qps.size(); ++i) {
    const double weight = std::pow(static_cast<double>(qps.size() - i), 4);
    sum += qps[i] * weight;
    weights += weight;
  }
  return weights > 0 ? sum / weights : 0;
}

double AdaptiveCalculation::OldProbability(const std::string& service,
                                           const std::string& operation) const {
  const double* const known = Find(probabilities_, service, operation);
  return known == nullptr ? targets_.initial_probability : *known;
}

// Whether the clients of an operation do what they are told: only then a new probability changes
// anything.
bool AdaptiveCalculation::IsAdaptive(const std::string& service, const std::string& operation,
                                     double probability) const {
  if (AreEqual(probability, targets_.initial_probability)) {
    return true;  // perhaps seen for the first time: the next calculation will know
  }
  const Observed* const observed = Find(buckets_.front().throughput, service, operation);
  if (observed != nullptr) {
    return observed->probabilities.contains(ProbabilityText(probability));
  }
  const Before* const before = Find(before_, service, operation);
  return before != nullptr && before->is_adaptive &&
         !AreEqual(before->probability, targets_.initial_probability);
}

double AdaptiveCalculation::NewProbability(double old_probability, double qps) const {
  const double target = targets_.target_samples_per_second;
  const double factor =
      AreEqual(qps, 0) ? kLargestIncrease : std::min(target / qps, kLargestIncrease);
  return std::clamp(old_probability * factor, targets_.min_probability, 1.0);
}

const AdaptiveCalculation::Figures& AdaptiveCalculation::Calculate() {
  figures_ = {};
  std::map<std::string, std::set<std::string>> seen;
  for (const Bucket& bucket : buckets_) {
    for (const auto& [service, operations] : bucket.throughput) {
      for (const auto& [operation, observed] : operations) {
        seen[service].insert(operation);
      }
    }
  }
  std::map<std::string, std::map<std::string, Before>> now;
  const double target = targets_.target_samples_per_second;
  for (const auto& [service, operations] : seen) {
    for (const std::string& operation : operations) {
      const double qps = WeightedQps(service, operation);
      const double old_probability = OldProbability(service, operation);
      const bool is_adaptive = IsAdaptive(service, operation, old_probability);
      const bool is_near = std::abs(qps - target) / target < targets_.delta_tolerance;
      now[service][operation] = {old_probability, is_adaptive};
      figures_.qps[service][operation] = qps;
      figures_.probabilities[service][operation] =
          is_near || !is_adaptive ? old_probability : NewProbability(old_probability, qps);
      ++figures_.operations;
    }
  }
  before_ = std::move(now);
  probabilities_ = figures_.probabilities;
  return figures_;
}

}  // namespace pugmark
