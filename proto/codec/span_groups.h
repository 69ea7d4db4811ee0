// Spans grouped by resource and scope, as OTLP sends them. Equal contents are one group, and groups
// and spans stand in the order in which they were first seen.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/model/span.h"

namespace pugmark {

class SpanGroups {
 public:
  // `spans` outlive the groups.
  explicit SpanGroups(std::span<const Span> spans);

  struct Member {
    std::uint32_t resource = 0;  // number of the resource group
    std::uint32_t scope = 0;     // number of the scope within all scopes
    const Span* span = nullptr;
  };
  // All spans, those of one resource together, and of one scope within them.
  [[nodiscard]] std::span<const Member> members() const { return members_; }

 private:
  std::vector<Member> members_;
};

}  // namespace pugmark
