// What the engine is opened with beyond the store's public options.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "common/base/time.h"
#include "storage/rocks/head/head.h"
#include "storage/rocks/rocks_config.h"
#include "storage/rocks/rocks_environment.h"
#include "storage/rocks/segment/segment_builder.h"

namespace pugmark::engine {

// The steps of sealing, in their order. Tests stop a process at each.
enum class SealStep { kBuilt, kIngested, kCommitted, kReplaced, kTrimmed };

struct EngineOptions {
  Head::Limits head;
  SegmentOptions segment;
  Nanoseconds seal_age = std::chrono::minutes(60);  // a head older than this is sealed
  std::uint32_t least_rows_sealed_at_end = 4'096;   // fewer stay in the log over a restart
  std::size_t queue_bytes = std::size_t{64} << 20;  // of batches that wait for the log
  std::size_t table_bytes = std::size_t{64} << 20;  // of segment metadata kept in memory
  std::size_t cache_bytes = std::size_t{64} << 20;  // of RocksDB blocks
  std::uint64_t max_bytes = 0;                      // of segments, oldest go first; 0: no bound
  std::chrono::milliseconds follow_interval{50};    // of a reader beside the owner
  std::function<void(SealStep)> after_step;         // null: nothing
};

// As OpenRocksStorage in rocks_storage.h. What `environment` points to outlives the storage.
Result<std::unique_ptr<Storage>> OpenEngineStorage(
    const RocksConfig& config, StorageRole role, Metrics& metrics,
    std::function<void(const std::string& why)> on_fatal,
    const rocks::RocksEnvironment& environment, const EngineOptions& options = {});

}  // namespace pugmark::engine
