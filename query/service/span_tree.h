// Who is whose child in a trace, whatever the trace looks like: spans may be missing, repeated,
// their own parents or in circles, and a chain may be as long as the trace.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "common/model/ids.h"

namespace pugmark {

class SpanTree {
 public:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  struct Node {
    SpanId id = 0;
    SpanId parent_id = 0;  // 0: none
    bool left_out = false;
  };

  explicit SpanTree(std::span<const Node> nodes);

  // The first span with that id, or kNone.
  [[nodiscard]] std::size_t Find(SpanId id) const;
  // Whether an earlier span has the same id. Such a span has neither parent nor children.
  [[nodiscard]] bool is_repeated(std::size_t i) const { return flags_[i] == kRepeated; }
  // Whether the span names a parent that the trace does not have.
  [[nodiscard]] bool is_orphan(std::size_t i) const { return flags_[i] == kOrphan; }
  // The parent's index, kNone where there is none.
  [[nodiscard]] std::size_t parent(std::size_t i) const { return parents_[i]; }
  [[nodiscard]] std::span<const std::size_t> children(std::size_t i) const {
    return std::span(children_).subspan(first_child_[i], first_child_[i + 1] - first_child_[i]);
  }
  // Spans without a parent in the trace, in its order. Spans in a circle hang below no root.
  [[nodiscard]] const std::vector<std::size_t>& roots() const { return roots_; }

  // Calls visit(i) for `root` and everything below it, parents before children.
  template <typename Visit>
  void Walk(std::size_t root, const Visit& visit) const {
    std::vector<std::size_t> open{root};
    while (!open.empty()) {
      const std::size_t i = open.back();
      open.pop_back();
      visit(i);
      for (const std::size_t child : children(i)) {
        open.push_back(child);
      }
    }
  }

 private:
  enum Flag : unsigned char { kPlain, kRepeated, kOrphan };

  void FindParents(std::span<const Node> nodes);
  void ListChildren();

  std::vector<std::pair<SpanId, std::size_t>> by_id_;
  std::vector<Flag> flags_;
  std::vector<std::size_t> parents_;
  std::vector<std::size_t> roots_;
  std::vector<std::size_t> first_child_;  // where the children of each span begin in children_
  std::vector<std::size_t> children_;
};

}  // namespace pugmark
