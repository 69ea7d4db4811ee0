// Turns full heads into segments, drops what is expired, and watches the space of the disk.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "storage/rocks/engine/database.h"
#include "storage/rocks/engine/engine_options.h"
#include "storage/rocks/engine/live_store.h"
#include "storage/rocks/engine/service_catalog.h"
#include "storage/rocks/store_state.h"

namespace pugmark::engine {

// A head and the records it was made from.
struct HeadRun {
  std::shared_ptr<Head> head;
  std::uint64_t first_record = 0;
  std::uint64_t last_record = 0;
};

// Thread: one.
class Sealer {
 public:
  struct Counts {
    std::uint64_t segments = 0;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t dropped_segments = 0;
  };

  // All outlive it. `newest_segment` is the greatest id there is.
  Sealer(Database& database, LiveStore& store, ServiceCatalog& catalog, rocks::StoreState& state,
         std::string directory, Nanoseconds ttl, std::uint64_t newest_segment,
         const rocks::RocksEnvironment& environment, const EngineOptions& options);
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  // Waits until at most one head waits to be sealed, then takes this one. False when sealing has
  // failed or ended.
  bool Submit(HeadRun run);
  // Until all heads are sealed; false when the deadline came first.
  bool WaitIdle(std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] Counts counts() const;

 private:
  void Run(const std::stop_token& stop);
  Status Seal(const HeadRun& run);
  std::uint64_t NextSegmentId();
  void Maintain();
  void LookAtSpace();
  void DropExpired(bool is_space_low);
  void DeleteUnread();
  void After(SealStep step) const;

  Database& database_;
  LiveStore& store_;
  ServiceCatalog& catalog_;
  rocks::StoreState& state_;
  const std::string directory_;
  const Nanoseconds ttl_;
  const rocks::RocksEnvironment environment_;
  const EngineOptions options_;
  std::uint64_t newest_segment_;
  SegmentList retired_;  // out of the view, perhaps still read
  bool wants_space_ = false;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<HeadRun> waiting_;
  bool is_busy_ = false;
  bool has_failed_ = false;
  Counts counts_;

  std::jthread thread_;
};

}  // namespace pugmark::engine
