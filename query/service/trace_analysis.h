// What a trace spends its time on: self time of each span, and the critical path.
//
// Both look at the calls that somebody waits for: a child that is not CHILD_OF its parent (a
// FOLLOWS_FROM) takes nothing of the parent's time. Children are seen only inside their parents'
// time. Circles hang below no root and are left alone.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/base/time.h"
#include "common/model/span.h"
#include "query/service/span_tree.h"

namespace pugmark {

struct SpanTimes {
  SpanId id = 0;
  SpanId parent_id = 0;
  UnixTime start;
  Nanoseconds duration{0};   // a negative one counts as 0
  bool is_followup = false;  // its parent does not wait for it
};

// From a span as stored or as adjusted.
[[nodiscard]] SpanTimes TimesOf(const Span& span);

class TraceAnalysis {
 public:
  explicit TraceAnalysis(std::vector<SpanTimes> spans);

  [[nodiscard]] const SpanTree& tree() const { return tree_; }
  // The root that begins first; kNone for a trace of circles.
  [[nodiscard]] std::size_t main_root() const;

  // Of every span, its duration less the time in which at least one awaited child runs.
  [[nodiscard]] std::vector<Nanoseconds> SelfTimes() const;

  // A stretch of time in which `span` is what the answer waits for.
  struct Section {
    std::size_t span = 0;
    UnixTime start;
    UnixTime end;
  };
  // The stretches that cover the time of `root` without a gap, in order: from its end backwards
  // always down into the child that ended last. Shortening any of them shortens the root.
  [[nodiscard]] std::vector<Section> CriticalPath(std::size_t root) const;

 private:
  // The part of a child's time that lies in its parent's, and so on up.
  struct Interval {
    UnixTime start;
    UnixTime end;
  };

  static SpanTree MakeTree(std::span<const SpanTimes> spans);
  void ClipTimes();

  const std::vector<SpanTimes> spans_;
  const SpanTree tree_;
  std::vector<Interval> times_;
  std::vector<bool> is_awaited_;  // by its parent, some time inside the parent's
};

}  // namespace pugmark
