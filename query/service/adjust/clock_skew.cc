#include "query/service/adjust/clock_skew.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace pugmark {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

std::int64_t SaturatingSubtract(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) {
    return a < 0 ? std::numeric_limits<std::int64_t>::min()
                 : std::numeric_limits<std::int64_t>::max();
  }
  return difference;
}

// Finds the span of an id: the first one that has it.
class IdIndex {
 public:
  explicit IdIndex(std::span<const SpanRecord> records) {
    ids_.reserve(records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (!records[i].dropped) {
        ids_.emplace_back(records[i].id, i);
      }
    }
    std::sort(ids_.begin(), ids_.end());
  }

  [[nodiscard]] std::size_t Find(SpanId id) const {
    const auto found = std::lower_bound(ids_.begin(), ids_.end(), std::pair(id, std::size_t{0}));
    return found != ids_.end() && found->first == id ? found->second : kNone;
  }

 private:
  std::vector<std::pair<SpanId, std::size_t>> ids_;
};

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

class SkewCorrection {
 public:
  SkewCorrection(std::span<SpanRecord> records, Nanoseconds most)
      : records_(records), most_(most), index_(records), parent_(records.size(), kNone) {}

  void Run() {
    std::vector<std::size_t> roots;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      if (FindParent(i)) {
        roots.push_back(i);
      }
    }
    ListChildren();
    Walk(std::move(roots));
  }

 private:
  // Looks a span's parent up; true where it has none in the trace.
  bool FindParent(std::size_t i) {
    SpanRecord& record = records_[i];
    if (record.dropped) {
      return false;
    }
    if (index_.Find(record.id) != i) {
      record.findings |= kDuplicateId;
      return false;
    }
    if (record.parent_id == 0) {
      return true;
    }
    parent_[i] = index_.Find(record.parent_id);
    if (parent_[i] == kNone) {
      record.findings |= kParentMissing;
      return true;
    }
    return false;
  }

  // Lays the children of each span side by side.
  void ListChildren() {
    first_child_.assign(records_.size() + 1, 0);
    for (const std::size_t parent : parent_) {
      if (parent != kNone) {
        ++first_child_[parent + 1];
      }
    }
    for (std::size_t i = 1; i < first_child_.size(); ++i) {
      first_child_[i] += first_child_[i - 1];
    }
    children_.resize(first_child_.back());
    std::vector<std::size_t> next(first_child_.begin(), first_child_.end() - 1);
    for (std::size_t i = 0; i < parent_.size(); ++i) {
      if (parent_[i] != kNone) {
        children_[next[parent_[i]]++] = i;
      }
    }
  }

  // From the roots down, without recursion: traces can be chains. A cycle has no root and is left
  // as it is.
  void Walk(std::vector<std::size_t> open) {
    while (!open.empty()) {
      const std::size_t i = open.back();
      open.pop_back();
      Correct(i);
      for (std::size_t at = first_child_[i]; at < first_child_[i + 1]; ++at) {
        open.push_back(children_[at]);
      }
    }
  }

  void Correct(std::size_t i) {
    SpanRecord& record = records_[i];
    std::int64_t skew = 0;
    if (parent_[i] != kNone) {
      const SpanRecord& parent = records_[parent_[i]];
      const bool same_host = record.host == parent.host && record.host != 0;
      skew = same_host ? parent.shift_ns : SkewOf(record, parent);
    }
    record.shift_ns = skew;
    if (skew == 0) {
      return;
    }
    const bool allowed = skew >= -most_.count() && skew <= most_.count();
    record.findings |= allowed ? kSkewShifted : kSkewFound;
  }

  const std::span<SpanRecord> records_;
  const Nanoseconds most_;
  const IdIndex index_;
  std::vector<std::size_t> parent_;
  std::vector<std::size_t> first_child_;
  std::vector<std::size_t> children_;
};

}  // namespace

void CorrectClockSkew(std::span<SpanRecord> records, Nanoseconds most) {
  SkewCorrection(records, most).Run();
}

}  // namespace pugmark
