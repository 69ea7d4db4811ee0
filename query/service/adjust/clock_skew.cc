#include "query/service/adjust/clock_skew.h"

#include <cstddef>
#include <limits>
#include <vector>

#include "query/service/span_tree.h"

namespace pugmark {
namespace {

std::int64_t SaturatingSubtract(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) {
    return a < 0 ? std::numeric_limits<std::int64_t>::min()
                 : std::numeric_limits<std::int64_t>::max();
  }
  return difference;
}

// How far a child on another host must move to lie inside its parent.
std::int64_t SkewOf(const SpanRecord& child, const SpanRecord& parent) {
  const std::int64_t parent_start =
      SaturatingAdd(parent.start_ns, (parent.findings & kSkewShifted) != 0 ? parent.shift_ns : 0);
  if (child.duration_ns > parent.duration_ns) {
    // Asynchronous, or the parent gave up waiting: all that is sure is that the child did not
    // begin before it.
    return child.start_ns < parent_start ? SaturatingSubtract(parent_start, child.start_ns) : 0;
  }
  const std::int64_t parent_end = SaturatingAdd(parent_start, parent.duration_ns);
  const std::int64_t child_end = SaturatingAdd(child.start_ns, child.duration_ns);
  if (child.start_ns >= parent_start && child_end <= parent_end) {
    return 0;
  }
  const std::int64_t latency =
      SaturatingSubtract(parent.duration_ns, child.duration_ns) / 2;  // of one way
  return SaturatingSubtract(SaturatingAdd(parent_start, latency), child.start_ns);
}

SpanTree TreeOf(std::span<const SpanRecord> records) {
  std::vector<SpanTree::Node> nodes;
  nodes.reserve(records.size());
  for (const SpanRecord& record : records) {
    nodes.push_back({record.id, record.parent_id, record.dropped});
  }
  return SpanTree(nodes);
}

}  // namespace

void CorrectClockSkew(std::span<SpanRecord> records, Nanoseconds most) {
  const SpanTree tree = TreeOf(records);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (tree.is_repeated(i)) {
      records[i].findings |= kDuplicateId;
    }
    if (tree.is_orphan(i)) {
      records[i].findings |= kParentMissing;
    }
  }
  const auto correct = [&](std::size_t i) {
    SpanRecord& record = records[i];
    if (tree.parent(i) == SpanTree::kNone) {
      return;
    }
    const SpanRecord& parent = records[tree.parent(i)];
    const bool same_host = record.host == parent.host && record.host != 0;
    record.shift_ns = same_host ? parent.shift_ns : SkewOf(record, parent);
    if (record.shift_ns != 0) {
      const bool allowed = record.shift_ns >= -most.count() && record.shift_ns <= most.count();
      record.findings |= static_cast<std::uint8_t>(allowed ? kSkewShifted : kSkewFound);
    }
  };
  for (const std::size_t root : tree.roots()) {
    tree.Walk(root, correct);
  }
}

}  // namespace pugmark
