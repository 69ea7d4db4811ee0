// Attribute names and their most frequent values, for completion while a user types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "storage/api/request_context.h"
#include "storage/api/trace_query.h"

namespace pugmark {

struct AttributeName {
  std::string key;
  FilterLevel level = FilterLevel::kSpan;
};

struct AttributeValueCount {
  std::string value;
  std::uint64_t count = 0;
};

// Thread safety: may be called concurrently.
class AttributeReader {
 public:
  virtual ~AttributeReader() = default;
  virtual Result<std::vector<AttributeName>> GetNames(const RequestContext& context,
                                                      const std::optional<std::string>& service,
                                                      TimeRange window) = 0;
  // Most frequent first.
  virtual Result<std::vector<AttributeValueCount>> GetValues(
      const RequestContext& context, const std::optional<std::string>& service,
      const AttributeName& name, TimeRange window, std::size_t limit) = 0;
};

}  // namespace pugmark
