#include "query/service/span_tree.h"

#include <algorithm>

namespace pugmark {

SpanTree::SpanTree(std::span<const Node> nodes)
    : flags_(nodes.size(), kPlain), parents_(nodes.size(), kNone) {
  by_id_.reserve(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].left_out) {
      by_id_.emplace_back(nodes[i].id, i);
    }
  }
  std::sort(by_id_.begin(), by_id_.end());
  FindParents(nodes);
  ListChildren();
}

std::size_t SpanTree::Find(SpanId id) const {
  const auto found = std::lower_bound(by_id_.begin(), by_id_.end(), std::pair(id, std::size_t{0}));
  return found != by_id_.end() && found->first == id ? found->second : kNone;
}

void SpanTree::FindParents(std::span<const Node> nodes) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    if (node.left_out) {
      continue;
    }
    if (Find(node.id) != i) {
      flags_[i] = kRepeated;
      continue;
    }
    if (node.parent_id != 0) {
      parents_[i] = Find(node.parent_id);
      flags_[i] = parents_[i] == kNone ? kOrphan : kPlain;
    }
    if (parents_[i] == kNone) {
      roots_.push_back(i);
    }
  }
}

// Lays the children of each span side by side.
void SpanTree::ListChildren() {
  first_child_.assign(parents_.size() + 1, 0);
  for (const std::size_t parent : parents_) {
    if (parent != kNone) {
      ++first_child_[parent + 1];
    }
  }
  for (std::size_t i = 1; i < first_child_.size(); ++i) {
    first_child_[i] += first_child_[i - 1];
  }
  children_.resize(first_child_.back());
  std::vector<std::size_t> next(first_child_.begin(), first_child_.end() - 1);
  for (std::size_t i = 0; i < parents_.size(); ++i) {
    if (parents_[i] != kNone) {
      children_[next[parents_[i]]++] = i;
    }
  }
}

}  // namespace pugmark
