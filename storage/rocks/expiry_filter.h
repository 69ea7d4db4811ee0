// Drops the rows of expired blocks while RocksDB rewrites files.
#pragma once

#include <rocksdb/compaction_filter.h>

#include <functional>
#include <memory>

#include "storage/rocks/keys.h"

namespace pugmark::rocks {

[[nodiscard]] std::shared_ptr<rocksdb::CompactionFilterFactory> MakeExpiryFilter(
    std::function<BlockId()> droppable_before);

}  // namespace pugmark::rocks
