// The embedded store: RocksDB in a folder of its own. One process owns it, others on the same host
// read it as secondary instances.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/metrics/metrics.h"
#include "storage/api/storage.h"
#include "storage/rocks/rocks_config.h"

namespace pugmark {

// Errors: kFailedPrecondition - another process owns the folder; kUnavailable - a reader finds no
// store there yet; kDataLoss - the folder cannot be read; kInvalidArgument - configuration. Each
// names the folder. `on_fatal` is called once, from any thread, when the store can no longer work.
// `metrics` and `clock` outlive the storage.
Result<std::unique_ptr<Storage>> OpenRocksStorage(
    const RocksConfig& config, StorageRole role, Metrics& metrics,
    std::function<void(const std::string& why)> on_fatal, const Clock& clock = Clock::System());

}  // namespace pugmark
