// Options of the memory backend.
#pragma once

#include <cstddef>

#include "common/base/result.h"
#include "common/config/option_set.h"

namespace pugmark {

struct MemoryConfig {
  std::size_t max_traces = 0;  // memory.max-traces; 0: the byte bound alone decides
  std::size_t max_bytes = std::size_t{256} << 20;  // memory.max-bytes; oldest traces go first

  void RegisterOptions(OptionSet& options);
  [[nodiscard]] Status Validate() const;
};

}  // namespace pugmark
