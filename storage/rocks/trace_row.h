// The rows that find the blocks of a trace.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"
#include "common/model/ids.h"
#include "storage/rocks/flat_map.h"

namespace pugmark::rocks {

// The spans of one trace in one block.
struct TraceRow {
  UnixTime start = kMaxTime;  // earliest start
  UnixTime end = kMinTime;    // latest end
  std::uint32_t spans = 0;

  void Add(UnixTime span_start, Nanoseconds duration) {
    start = std::min(start, span_start);
    end = std::max(end, AddSaturating(span_start, duration));
    ++spans;
  }
};

struct HashTraceId {
  std::uint64_t operator()(const TraceId& id) const noexcept {
    return MixBits{}(id.low ^ (id.high * 0xff51afd7ed558ccdU));
  }
};

void AppendTraceValue(std::string& value, const TraceRow& row);
[[nodiscard]] std::optional<TraceRow> ParseTraceValue(std::string_view value);

}  // namespace pugmark::rocks
