// A filter tree checked and prepared for many spans: fields looked up, literals in the form of the
// values they meet, regular expressions compiled.
#pragma once

#include <memory>

#include "common/base/result.h"
#include "common/model/span.h"
#include "storage/api/filter.h"

namespace pugmark {

// How deep a tree may nest; its root is level 1.
inline constexpr int kMaxFilterDepth = 20;

// Meaning of a comparison: it holds when one of the values that the key has at its level satisfies
// it. kNe and kNotIn hold when the key is there and none of its values equals. Only kNot turns
// absence into a match.
//
// Thread safety: Holds may be called concurrently.
class FilterProgram {
 public:
  // kInvalidArgument for a malformed tree.
  static Result<FilterProgram> Compile(const FilterNode& filter);
  FilterProgram(FilterProgram&&) noexcept;
  FilterProgram& operator=(FilterProgram&&) noexcept;
  ~FilterProgram();

  [[nodiscard]] bool Holds(const Span& span) const;

  struct Node;

 private:
  explicit FilterProgram(std::unique_ptr<const Node> root);

  std::unique_ptr<const Node> root_;
};

}  // namespace pugmark
