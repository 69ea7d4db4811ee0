// What adaptive sampling keeps between its calculations (reference 2.10), with the lease that
// elects one leader.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace pugmark {

struct Throughput {
  std::string service;
  std::string operation;
  std::int64_t count = 0;
  std::set<std::string> probabilities;  // as text, "%.6f"
};

// service -> operation -> number.
using OperationFigures = std::map<std::string, std::map<std::string, double>>;

// Thread safety: all methods may be called concurrently.
class SamplingStore {
 public:
  virtual ~SamplingStore() = default;
  virtual Status InsertThroughput(const std::vector<Throughput>& throughput, UnixTime at) = 0;
  virtual Result<std::vector<Throughput>> GetThroughput(UnixTime start, UnixTime end) = 0;
  virtual Status InsertProbabilities(const std::string& host, const OperationFigures& probabilities,
                                     const OperationFigures& qps, UnixTime at) = 0;
  virtual Result<std::optional<OperationFigures>> GetLatestProbabilities() = 0;
  // True when `owner` holds the lease until `ttl` from now; false when another does.
  virtual Result<bool> AcquireLease(const std::string& resource, const std::string& owner,
                                    std::chrono::seconds ttl) = 0;
  virtual Status ReleaseLease(const std::string& resource, const std::string& owner) = 0;
};

}  // namespace pugmark
