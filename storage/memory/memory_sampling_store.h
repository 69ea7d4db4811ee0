// Adaptive sampling's figures, kept in memory.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/concurrency/guarded.h"
#include "storage/api/sampling_store.h"

namespace pugmark {

class MemorySamplingStore : public SamplingStore {
 public:
  // The clock outlives the store.
  explicit MemorySamplingStore(const Clock& clock) : clock_(clock) {}

  Status InsertThroughput(const std::vector<Throughput>& throughput, UnixTime at) override;
  // Of inserts after `start`, not after `end`: adjacent windows share none.
  Result<std::vector<Throughput>> GetThroughput(UnixTime start, UnixTime end) override;
  Status InsertProbabilities(const std::string& host, const OperationFigures& probabilities,
                             const OperationFigures& qps, UnixTime at) override;
  Result<std::optional<OperationFigures>> GetLatestProbabilities() override;
  Result<bool> AcquireLease(const std::string& resource, const std::string& owner,
                            std::chrono::seconds ttl) override;
  Status ReleaseLease(const std::string& resource, const std::string& owner) override;

 private:
  struct Bucket {
    UnixTime at;
    std::vector<Throughput> throughput;
  };
  struct Lease {
    std::string owner;
    UnixTime until;
  };
  struct State {
    std::deque<Bucket> buckets;
    UnixTime probabilities_at = kMinTime;
    std::optional<OperationFigures> probabilities;
    std::map<std::string, Lease> leases;
  };

  const Clock& clock_;
  Guarded<State> state_;
};

}  // namespace pugmark
