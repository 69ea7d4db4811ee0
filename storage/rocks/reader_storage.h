// The store as a process has it that reads beside its owner.
#pragma once

#include <memory>

#include "storage/rocks/rocks_environment.h"

namespace pugmark::rocks {

Result<std::unique_ptr<Storage>> OpenReader(const RocksConfig& config,
                                            const RocksEnvironment& environment);

}  // namespace pugmark::rocks
