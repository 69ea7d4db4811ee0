// The memory backend: the reference implementation of the storage contract. Nothing survives the
// process.
#pragma once

#include <memory>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/metrics/metrics.h"
#include "storage/api/storage.h"
#include "storage/memory/memory_config.h"

namespace pugmark {

// `metrics` and `clock` outlive the storage.
Result<std::unique_ptr<Storage>> OpenMemoryStorage(const MemoryConfig& config, Metrics& metrics,
                                                   const Clock& clock = Clock::System());

}  // namespace pugmark
