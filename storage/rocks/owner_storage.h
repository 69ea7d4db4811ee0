// The store as its owner has it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "storage/rocks/rocks_environment.h"

namespace pugmark::rocks {

Result<std::unique_ptr<Storage>> OpenOwner(const RocksConfig& config, Metrics& metrics,
                                           std::function<void(const std::string& why)> on_fatal,
                                           const RocksEnvironment& environment);

// What the embedded store can do; `is_owner`: opened for writing too.
Capabilities RocksCapabilities(bool is_owner);

}  // namespace pugmark::rocks
