#include "storage/memory/memory_config.h"

#include <string>

namespace pugmark {
namespace {

// Below this, a single batch of a usual client would not fit.
constexpr std::size_t kLeastBytes = std::size_t{1} << 20;

}  // namespace

void MemoryConfig::RegisterOptions(OptionSet& options) {
  options.Add("memory.max-traces", max_traces,
              "The most traces kept per tenant, the oldest inserted go first; 0: only "
              "memory.max-bytes bounds them");
  options.Add("memory.max-bytes", max_bytes,
              "The most bytes that stored traces take, of all tenants together and with the "
              "archive; the oldest inserted traces go first");
}

Status MemoryConfig::Validate() const {
  if (max_bytes < kLeastBytes) {
    return InvalidArgument("memory.max-bytes: want at least " + std::to_string(kLeastBytes) +
                           ", got " + std::to_string(max_bytes));
  }
  return {};
}

}  // namespace pugmark
