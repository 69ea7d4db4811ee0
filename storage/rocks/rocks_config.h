// Options of the embedded store.
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/config/option_set.h"

namespace pugmark {

enum class SyncMode { kGroup, kEvery, kNone };

struct RocksConfig {
  std::string directory = "./pugmark-data";            // rocksdb.directory
  Nanoseconds span_store_ttl{std::chrono::hours(72)};  // rocksdb.span-store-ttl; 0: kept for ever
  bool ephemeral = false;      // rocksdb.ephemeral: a folder of its own, removed at the end
  std::string sync = "group";  // rocksdb.sync: group, every, none

  void RegisterOptions(OptionSet& options);
  [[nodiscard]] Status Validate() const;
  [[nodiscard]] SyncMode sync_mode() const;
};

}  // namespace pugmark
