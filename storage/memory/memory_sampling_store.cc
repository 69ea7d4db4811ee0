#include "storage/memory/memory_sampling_store.h"

#include <algorithm>

namespace pugmark {
namespace {

// Calculations look at the last few intervals (ten minutes by default) of every collector.
constexpr std::size_t kMostBuckets = 1000;
// Whoever asks for more resources than this is not a collector.
constexpr std::size_t kMostLeases = 1000;

}  // namespace

Status MemorySamplingStore::InsertThroughput(const std::vector<Throughput>& throughput,
                                             UnixTime at) {
  state_.With([&](State& state) {
    state.buckets.push_back({at, throughput});
    if (state.buckets.size() > kMostBuckets) {
      state.buckets.pop_front();
    }
  });
  return {};
}

Result<std::vector<Throughput>> MemorySamplingStore::GetThroughput(UnixTime start, UnixTime end) {
  std::vector<Throughput> found;
  state_.With([&](const State& state) {
    for (const Bucket& bucket : state.buckets) {
      if (start < bucket.at && bucket.at <= end) {
        found.insert(found.end(), bucket.throughput.begin(), bucket.throughput.end());
      }
    }
  });
  return found;
}

Status MemorySamplingStore::InsertProbabilities(const std::string& /*host*/,
                                                const OperationFigures& probabilities,
                                                const OperationFigures& /*qps*/, UnixTime at) {
  state_.With([&](State& state) {
    if (!state.probabilities || at >= state.probabilities_at) {
      state.probabilities = probabilities;
      state.probabilities_at = at;
    }
  });
  return {};
}

Result<std::optional<OperationFigures>> MemorySamplingStore::GetLatestProbabilities() {
  return state_.With([](const State& state) { return state.probabilities; });
}

Result<bool> MemorySamplingStore::AcquireLease(const std::string& resource,
                                               const std::string& owner, std::chrono::seconds ttl) {
  const UnixTime now = clock_.Now();
  return state_.With([&](State& state) -> Result<bool> {
    const auto held = state.leases.find(resource);
    if (held == state.leases.end() && state.leases.size() == kMostLeases) {
      return Error{ErrorCode::kResourceExhausted, "lease " + resource + ": too many resources"};
    }
    if (held != state.leases.end() && held->second.owner != owner && now < held->second.until) {
      return false;
    }
    const auto length = DurationFromParts(ttl.count(), 0);
    state.leases[resource] = {owner, AddSaturating(now, length)};
    return true;
  });
}

Status MemorySamplingStore::ReleaseLease(const std::string& resource, const std::string& owner) {
  state_.With([&](State& state) {
    const auto held = state.leases.find(resource);
    if (held != state.leases.end() && held->second.owner == owner) {
      state.leases.erase(held);
    }
  });
  return {};
}

}  // namespace pugmark
