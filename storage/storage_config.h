// Chooses and opens the store: SPAN_STORAGE_TYPE and the options of the chosen backend.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/config/option_set.h"
#include "common/metrics/metrics.h"
#include "storage/api/storage.h"
#include "storage/memory/memory_config.h"
#include "storage/rocks/rocks_config.h"

namespace pugmark {

enum class StorageType { kRocksdb, kMemory };

struct StorageConfig {
  StorageType type = StorageType::kRocksdb;
  MemoryConfig memory;
  RocksConfig rocks;

  // SPAN_STORAGE_TYPE=rocksdb (default) | memory; kInvalidArgument names the types there are. Other
  // backends of Jaeger are named as not available yet.
  Status SelectType(const std::map<std::string, std::string>& environment);
  // Only the options of the chosen type exist, as in Jaeger.
  void RegisterOptions(OptionSet& options);
  [[nodiscard]] Status Validate() const;

  // `on_fatal` is called once, from any thread, when the store can no longer work (exit 70,
  // restart).
  [[nodiscard]] Result<std::unique_ptr<Storage>> Open(
      StorageRole role, Metrics& metrics,
      std::function<void(const std::string& why)> on_fatal) const;
};

}  // namespace pugmark
