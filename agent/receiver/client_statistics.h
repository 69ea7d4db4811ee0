// What clients say of themselves in their batches: how many batches they have sent, and how many
// spans they had to drop (reference 1.5). Their sums go out under Jaeger's names; the difference
// between batches sent and received is what was lost on the way.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "common/metrics/metrics.h"
#include "common/model/span_batch.h"
#include "proto/codec/thrift_batch.h"

namespace pugmark {

// Thread safety: all methods may be called concurrently.
class ClientStatistics {
 public:
  using SteadyClock = std::chrono::steady_clock;

  // A client that was silent for so long is forgotten.
  static constexpr std::chrono::hours kIdleTime{1};
  // Anybody may invent clients: those beyond this number are not followed.
  static constexpr std::size_t kMostClients = 10'000;

  explicit ClientStatistics(Metrics& metrics);

  // Takes part: a batch with a sequence number whose process has the text tag client-uuid.
  void Update(const SpanBatch& batch, const ThriftBatchInfo& info,
              SteadyClock::time_point now = SteadyClock::now());
  // Forgets idle clients and refreshes the number of clients; before each scrape.
  void Refresh(SteadyClock::time_point now = SteadyClock::now());

 private:
  struct Client {
    std::int64_t batches_sent = 0;
    ClientStats stats;
    SteadyClock::time_point last_seen;
  };

  void CountSince(const Client& last, const ThriftBatchInfo& info);

  Metrics::Counter& batches_received_;
  Metrics::Counter& batches_sent_;
  Metrics::Counter& full_queue_;
  Metrics::Counter& send_failure_;
  Metrics::Counter& too_large_;
  Metrics::Gauge& connected_clients_;
  std::mutex mutex_;
  std::map<std::string, Client, std::less<>> clients_;
  std::shared_ptr<Metrics::Hook> before_scrape_;
};

}  // namespace pugmark
