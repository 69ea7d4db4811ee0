// The rows that find blocks by time: what their values say about the spans behind them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"
#include "storage/rocks/keys.h"

namespace pugmark::rocks {

// Spans of one block that start within one minute and belong to one tenant, service or operation.
// Minutes keep the newest and the oldest start of a row close together, so that a search that looks
// for a time knows how far from it the rows can lie.
inline constexpr Nanoseconds kIndexSlot = std::chrono::minutes(1);

struct TimeBounds {
  UnixTime newest = kMinTime;  // starts of spans
  UnixTime oldest = kMaxTime;
  Nanoseconds shortest = Nanoseconds::max();
  Nanoseconds longest = Nanoseconds::min();
  std::uint32_t spans = 0;

  void Add(UnixTime start, Nanoseconds duration) {
    newest = std::max(newest, start);
    oldest = std::min(oldest, start);
    shortest = std::min(shortest, duration);
    longest = std::max(longest, duration);
    ++spans;
  }
  void Merge(const TimeBounds& other) {
    newest = std::max(newest, other.newest);
    oldest = std::min(oldest, other.oldest);
    shortest = std::min(shortest, other.shortest);
    longest = std::max(longest, other.longest);
    spans += other.spans;
  }
};

// A row read back.
struct IndexRow {
  BlockId block = 0;
  TimeBounds bounds;
};

// What stands behind `prefix` (TimePrefix) in the key: newest start, block.
void AppendTimeAndBlock(std::string& key, UnixTime newest, BlockId block);
// Appends the value of a row.
void AppendBounds(std::string& value, const TimeBounds& bounds);
// Nothing for bytes that are no such row.
[[nodiscard]] std::optional<IndexRow> ParseIndexRow(std::string_view key, std::string_view value);

// The last instant of the slot that `time` lies in: no row whose oldest start is at or before
// `time` has a newest start behind it.
[[nodiscard]] UnixTime EndOfSlot(UnixTime time);
[[nodiscard]] constexpr std::int64_t SlotOf(UnixTime time) {
  return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}

}  // namespace pugmark::rocks
