// What adaptive sampling keeps, as rows of the store.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "storage/api/sampling_store.h"
#include "storage/rocks/owner_database.h"

namespace pugmark::rocks {

class RocksSamplingStore : public SamplingStore {
 public:
  // Both outlive it.
  RocksSamplingStore(OwnerDatabase& database, const Clock& clock)
      : database_(database), clock_(clock) {}

  // Also drops throughput older than a day, which no calculation looks at.
  Status InsertThroughput(const std::vector<Throughput>& throughput, UnixTime at) override;
  // After `start`, up to and including `end`.
  Result<std::vector<Throughput>> GetThroughput(UnixTime start, UnixTime end) override;
  // Keeps the latest.
  Status InsertProbabilities(const std::string& host, const OperationFigures& probabilities,
                             const OperationFigures& qps, UnixTime at) override;
  Result<std::optional<OperationFigures>> GetLatestProbabilities() override;
  Result<bool> AcquireLease(const std::string& resource, const std::string& owner,
                            std::chrono::seconds ttl) override;
  Status ReleaseLease(const std::string& resource, const std::string& owner) override;

 private:
  OwnerDatabase& database_;
  const Clock& clock_;
  std::mutex mutex_;  // makes a read and the write that follows from it one step
  std::uint64_t sequence_ = 0;
};

}  // namespace pugmark::rocks
