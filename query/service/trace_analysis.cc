#include "query/service/trace_analysis.h"

#include <algorithm>
#include <utility>

namespace pugmark {

SpanTimes TimesOf(const Span& span) {
  const Link* const parent = ParentReference(span);
  return {.id = span.span_id,
          .parent_id = span.parent_span_id,
          .start = span.start_time,
          .duration = std::max(span.duration, Nanoseconds(0)),
          .is_followup = parent != nullptr && parent->ref_type == RefType::kFollowsFrom};
}

TraceAnalysis::TraceAnalysis(std::vector<SpanTimes> spans)
    : spans_(std::move(spans)), tree_(MakeTree(spans_)) {
  ClipTimes();
}

SpanTree TraceAnalysis::MakeTree(std::span<const SpanTimes> spans) {
  std::vector<SpanTree::Node> nodes;
  nodes.reserve(spans.size());
  for (const SpanTimes& span : spans) {
    nodes.push_back({span.id, span.parent_id, false});
  }
  return SpanTree(nodes);
}

void TraceAnalysis::ClipTimes() {
  times_.reserve(spans_.size());
  for (const SpanTimes& span : spans_) {
    times_.push_back(
        {span.start, AddSaturating(span.start, std::max(span.duration, Nanoseconds(0)))});
  }
  is_awaited_.assign(spans_.size(), false);
  const auto clip = [this](std::size_t i) {
    const std::size_t parent = tree_.parent(i);
    if (parent == SpanTree::kNone || spans_[i].is_followup) {
      return;
    }
    const Interval& around = times_[parent];
    Interval& time = times_[i];
    if (time.start < around.end && time.end > around.start) {
      time = {std::max(time.start, around.start), std::min(time.end, around.end)};
      is_awaited_[i] = true;
    }
  };
  for (const std::size_t root : tree_.roots()) {
    tree_.Walk(root, clip);
  }
}

std::size_t TraceAnalysis::main_root() const {
  const std::vector<std::size_t>& roots = tree_.roots();
  const auto first = std::min_element(roots.begin(), roots.end(), [this](auto a, auto b) {
    return spans_[a].start < spans_[b].start;
  });
  return first == roots.end() ? SpanTree::kNone : *first;
}

std::vector<Nanoseconds> TraceAnalysis::SelfTimes() const {
  std::vector<Nanoseconds> self_times;
  self_times.reserve(spans_.size());
  std::vector<Interval> awaited;
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    awaited.clear();
    for (const std::size_t child : tree_.children(i)) {
      if (is_awaited_[child]) {
        awaited.push_back(times_[child]);
      }
    }
    std::sort(awaited.begin(), awaited.end(),
              [](const Interval& a, const Interval& b) { return a.start < b.start; });
    Nanoseconds self = times_[i].end - times_[i].start;
    UnixTime covered_to = times_[i].start;
    for (const Interval& child : awaited) {
      if (child.end > covered_to) {
        self -= child.end - std::max(child.start, covered_to);
        covered_to = child.end;
      }
    }
    self_times.push_back(self);
  }
  return self_times;
}

std::vector<TraceAnalysis::Section> TraceAnalysis::CriticalPath(std::size_t root) const {
  // A span that is being walked backwards: `to` is how far the path is known.
  struct Open {
    std::size_t span;
    UnixTime to;
    std::vector<std::size_t> children;  // awaited ones by end, the last at the back
  };
  const auto open_span = [this](std::size_t span, UnixTime to) {
    Open open{span, to, {}};
    for (const std::size_t child : tree_.children(span)) {
      if (is_awaited_[child]) {
        open.children.push_back(child);
      }
    }
    std::sort(open.children.begin(), open.children.end(), [this](auto a, auto b) {
      return std::pair(times_[a].end, times_[a].start) < std::pair(times_[b].end, times_[b].start);
    });
    return open;
  };
  std::vector<Section> path;
  const auto add = [&path](std::size_t span, UnixTime start, UnixTime end) {
    if (start < end) {
      path.push_back({span, start, end});
    }
  };
  std::vector<Open> stack{open_span(root, times_[root].end)};
  while (!stack.empty()) {
    Open& open = stack.back();
    // Children that end after `to` ran beside what is on the path already.
    while (!open.children.empty() && times_[open.children.back()].end > open.to) {
      open.children.pop_back();
    }
    if (open.children.empty()) {
      add(open.span, times_[open.span].start, open.to);
      const UnixTime began = times_[open.span].start;
      stack.pop_back();
      if (!stack.empty()) {
        stack.back().to = began;
      }
      continue;
    }
    const std::size_t last = open.children.back();
    open.children.pop_back();
    add(open.span, times_[last].end, open.to);
    open.to = times_[last].end;
    stack.push_back(open_span(last, times_[last].end));
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace pugmark
