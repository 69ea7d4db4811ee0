// What the store takes from the world around it, so that tests can put something else there.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "common/base/time.h"
#include "common/metrics/metrics.h"
#include "storage/api/storage.h"
#include "storage/rocks/rocks_config.h"

namespace rocksdb {
class FileSystem;
}

namespace pugmark::rocks {

// The share of the disk under `directory` that is free to us, 0 to 1; 1 where it cannot be told.
double FreeShareOfDisk(const std::string& directory);

struct RocksEnvironment {
  const Clock* clock = &Clock::System();
  std::function<double(const std::string& directory)> free_share = FreeShareOfDisk;
  std::shared_ptr<rocksdb::FileSystem> file_system;  // null: the system's
  std::chrono::milliseconds maintenance_interval{1000};
  // How long a jump of the clock must last before data is deleted by it.
  std::chrono::nanoseconds jump_patience = std::chrono::minutes(10);
};

// As OpenRocksStorage in rocks_storage.h. What `environment` points to outlives the storage.
Result<std::unique_ptr<Storage>> OpenRocksStorageIn(
    const RocksConfig& config, StorageRole role, Metrics& metrics,
    std::function<void(const std::string& why)> on_fatal, const RocksEnvironment& environment);

// Rewrites all files of a storage opened as owner, so that whatever is expired goes now.
Status CompactForTest(Storage& owner);

}  // namespace pugmark::rocks
