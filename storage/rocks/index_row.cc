#include "storage/rocks/index_row.h"

#include "common/base/bytes.h"
#include "storage/rocks/byte_cursor.h"
#include "storage/rocks/byte_sink.h"

namespace pugmark::rocks {
namespace {

// Small numbers of either sign become small varints.
std::uint64_t ZigZag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace

void AppendTimeAndBlock(std::string& key, UnixTime newest, BlockId block) {
  AppendBig64(key, InvertedTime(newest));
  AppendBig64(key, block);
}

void AppendBounds(std::string& value, const TimeBounds& bounds) {
  // The difference of two times of one minute cannot overflow.
  AppendVarint(value, static_cast<std::uint64_t>((bounds.newest - bounds.oldest).count()));
  AppendVarint(value, ZigZag(bounds.shortest.count()));
  AppendVarint(value, ZigZag(bounds.longest.count()));
  AppendVarint(value, bounds.spans);
}

std::optional<IndexRow> ParseIndexRow(std::string_view key, std::string_view value) {
  const std::optional<BlockId> block = BlockOfKey(key);
  if (!block) {
    return std::nullopt;
  }
  IndexRow row;
  row.block = *block;
  row.bounds.newest = TimeFromInverted(LoadBig64(key.data() + key.size() - 16));
  ByteCursor cursor(value);
  const auto span = static_cast<std::int64_t>(
      std::min<std::uint64_t>(cursor.Varint(), static_cast<std::uint64_t>(kIndexSlot.count())));
  row.bounds.oldest = AddSaturating(row.bounds.newest, Nanoseconds(-span));
  row.bounds.shortest = Nanoseconds(UnZigZag(cursor.Varint()));
  row.bounds.longest = Nanoseconds(UnZigZag(cursor.Varint()));
  row.bounds.spans = cursor.Varint32();
  return cursor.ok() ? std::optional(row) : std::nullopt;
}

UnixTime EndOfSlot(UnixTime time) {
  const std::int64_t slot_ns = kIndexSlot.count();
  const std::int64_t begin = SaturatingMultiply(SlotOf(time), slot_ns);
  return UnixTime(Nanoseconds(SaturatingAdd(begin, slot_ns - 1)));
}

}  // namespace pugmark::rocks
