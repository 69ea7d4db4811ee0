// The options that the database is opened with, and why.
#pragma once

#include <rocksdb/options.h>

#include <functional>
#include <string>

#include "common/base/time.h"
#include "storage/rocks/keys.h"

namespace pugmark::rocks {

// For the process that owns the store. Rows of blocks below droppable_before() are dropped when
// their files are rewritten, which happens at least once per `ttl` (0: kept for ever).
[[nodiscard]] rocksdb::Options OwnerOptions(const std::string& directory, Nanoseconds ttl,
                                            std::function<BlockId()> droppable_before);
// For a process that reads beside it; it writes no file.
[[nodiscard]] rocksdb::Options ReaderOptions();

}  // namespace pugmark::rocks
