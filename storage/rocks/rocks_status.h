// RocksDB's errors as ours.
#pragma once

#include <rocksdb/status.h>

#include <string_view>

#include "common/base/result.h"

namespace pugmark::rocks {

[[nodiscard]] Status FromRocks(const rocksdb::Status& status, std::string_view doing);

}  // namespace pugmark::rocks
