// Calls between services.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "storage/api/request_context.h"
#include "storage/api/trace_query.h"

namespace pugmark {

struct DependencyLink {
  std::string parent;
  std::string child;
  std::uint64_t call_count = 0;
  std::uint64_t error_count = 0;  // calls whose child span has status Error
  Nanoseconds total_duration{0};  // of the child spans
};

// Thread safety: may be called concurrently.
class DependencyReader {
 public:
  virtual ~DependencyReader() = default;
  // One link per pair of different services with a span of `child` whose parent is a span of
  // `parent`, counting child spans that start inside `window`.
  virtual Result<std::vector<DependencyLink>> GetDependencies(const RequestContext& context,
                                                              TimeRange window) = 0;
};

}  // namespace pugmark
