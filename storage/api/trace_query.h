// What a search asks for. It owns its strings.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/base/time.h"
#include "common/model/ids.h"
#include "storage/api/filter.h"

namespace pugmark {

// Both ends belong to the range.
struct TimeRange {
  UnixTime min = kMinTime;
  UnixTime max = kMaxTime;
  [[nodiscard]] bool Contains(UnixTime time) const { return min <= time && time <= max; }
};
struct DurationRange {
  Nanoseconds min = Nanoseconds::min();
  Nanoseconds max = Nanoseconds::max();
  [[nodiscard]] bool Contains(Nanoseconds duration) const {
    return min <= duration && duration <= max;
  }
};

// Asks for the traces that have at least one span for which every part holds. Newest first by the
// start of the newest matching span; at most `limit` traces.
struct TraceQuery {
  std::optional<std::string> service;
  std::optional<std::string> operation;
  FilterNode filter;  // trivial by default
  TimeRange start;    // of the span
  DurationRange duration;
  std::size_t limit = 100;
  std::string cursor;  // of the page before; "" for the first
};

// One trace to fetch. The hint lets a backend look at less; a backend may ignore it.
struct TraceLookup {
  TraceId trace_id;
  std::optional<TimeRange> hint;
};

}  // namespace pugmark
