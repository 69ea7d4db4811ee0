// The layout of a sealed segment: chunks under keys of 12 bytes, immutable once written.
//
//   key     segment id 8 | group 2 | chunk 2, big-endian
//   value   version u8 (1) | the chunk, as below. "block" and "integers" are plane_codec.h's;
//           "times" are flags u8 (1 microseconds rather than nanoseconds, 2 zigzag), integers;
//           differences of times wrap at 64 bits
//
// Rows lie in row groups of at most kMostGroupRows, of one tenant each; group numbers start at 1.
// Within a group lie *entries*: the rows of one trace, earliest first. A trace that does not fit
// has an entry in several groups. Entries are numbered through the segment.
//
// Chunks of a row group:
//   0 entries    block of 16-byte trace ids | integers: rows of each | group's first start i64 ns |
//                times: start of each after the one before
//   1 types      integers
//   2 starts     times: after the entry's first start
//   3 durations  times
//   4 resources  integers: 0 as the entry's last row of this service, else ordinal + 1
//   5 ids        block of 8-byte span ids | block of parent codes: 0 none, 1 explicit, 2 to 128 the
//                row 1 to 127 before, 129 to 255 the row 1 to 127 after | block of explicit ids
//   6 events     integers: events of each row | then of each event: integers names | integers
//   shapes
//                | times: after the span's start
//   16 + column  integers: 0 a plain value, else dictionary number + 1; then, where there is a
//   plain
//                one: of a number column, integers; else integers: pattern codes (0 raw, 1 as the
//                entry's last plain value, n + 2 pattern n) | slot lists varint, integers each (xor
//                with the entry's last plain value where that has the same pattern) | integers:
//                sizes of raw texts | block of them
//   Values of a column are in row order, within a row in the order of its shape; only positions of
//   a type that vary are there. The others are in the schema.
// Chunks of the segment (group 0):
//   0 header     see EncodeHeader: row groups with their bounds, bloom filter of the traces, pages
//   1 schema     see EncodeSchema
//   2 edges      see EncodeEdges: calls between services, and those whose parent is elsewhere
//   16 + column  the dictionary: numbers as integers, texts as integers: sizes | block; then the
//                patterns in the same way
// Pages:
//   group 0xfff0, page: trace index. count varint | 4-byte hashes, ascending | 3-byte entry numbers
//   group 0xfff1, page: token filter, 64 lines of 512 bits. A plain text value's line is chosen by
//                its token, its bits by token and row group.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/model/ids.h"
#include "storage/rocks/columnar/byte_io.h"

namespace pugmark::engine {

inline constexpr std::uint8_t kSegmentVersion = 1;

inline constexpr std::uint32_t kMostGroupRows = 4'096;
inline constexpr std::size_t kMostGroupRawBytes = std::size_t{4} << 20;  // then it is cut earlier
// Bounds that a reader holds every segment to.
inline constexpr std::uint32_t kMostSegmentEntries = 1U << 24;
inline constexpr std::uint64_t kMostChunkBytes = std::uint64_t{1} << 28;

enum GroupNumber : std::uint16_t { kSegmentGroup = 0, kTraceIndex = 0xfff0, kTokenFilter = 0xfff1 };
inline constexpr std::uint16_t kMostGroups = 0xff00;
enum GroupChunk : std::uint16_t {
  kEntriesChunk = 0,
  kTypesChunk = 1,
  kStartsChunk = 2,
  kDurationsChunk = 3,
  kResourcesChunk = 4,
  kIdsChunk = 5,
  kEventsChunk = 6,
};
enum SegmentChunk : std::uint16_t { kHeaderChunk = 0, kSchemaChunk = 1, kEdgesChunk = 2 };
inline constexpr std::uint16_t kFirstColumnChunk = 16;
inline constexpr std::size_t kMostColumns = 0xff00;

inline constexpr std::uint8_t kUnitMicros = 1;
inline constexpr std::uint8_t kZigZagged = 2;

enum SegmentParentCode : std::uint8_t { kParentNone = 0, kParentExplicit = 1 };
inline constexpr int kMostParentDistance = 127;

enum PatternCode : std::uint32_t { kPatternRaw = 0, kPatternRepeated = 1, kPatternFirst = 2 };

inline constexpr std::size_t kTraceBytes = 16;
inline constexpr std::uint32_t kTracesPerIndexPage = 400;
inline constexpr std::size_t kFilterLineBytes = 64;
inline constexpr std::size_t kFilterLinesPerPage = 64;
inline constexpr std::size_t kFilterPageBytes = kFilterLineBytes * kFilterLinesPerPage;
inline constexpr std::size_t kBloomBitsPerTrace = 12;
inline constexpr std::size_t kFilterBitsPerToken = 16;

struct SegmentChunkKey {
  std::uint64_t segment = 0;
  std::uint16_t group = 0;
  std::uint16_t chunk = 0;

  static constexpr std::size_t kBytes = 12;
  [[nodiscard]] std::string ToBytes() const {
    std::string key;
    AppendBig64(key, segment);
    AppendBig32(key, std::uint32_t{group} << 16 | chunk);
    return key;
  }
};

struct SegmentChunkData {
  std::uint16_t group = 0;
  std::uint16_t chunk = 0;
  std::string bytes;
};

// What bloom filter and trace index know a trace by.
[[nodiscard]] std::uint32_t TraceKeyHash(std::string_view tenant, TraceId id);

// Calls `visit` with the bit numbers within one 512-bit line that `bits` stands for.
template <int kProbes, typename Visit>
constexpr void ForEachLineBit(std::uint64_t bits, Visit&& visit) {
  for (int k = 0; k < kProbes; ++k) {
    visit(static_cast<unsigned>(bits >> (9 * k)) & 511U);
  }
}
inline constexpr int kBloomProbes = 6;
inline constexpr int kFilterProbes = 7;

// Multiplies a hash's upper half into [0, count).
[[nodiscard]] constexpr std::uint64_t SpreadOver(std::uint64_t hash, std::uint64_t count) {
  return ((hash >> 32) * count) >> 32;
}
[[nodiscard]] constexpr std::uint64_t BloomHash(std::uint32_t trace_hash) {
  return Mix(trace_hash * 0x9e3779b97f4a7c15U + 1);
}
[[nodiscard]] constexpr std::uint64_t TokenGroupBits(std::uint64_t mixed_token,
                                                     std::uint32_t group) {
  return Mix(mixed_token + group * 0x9e3779b97f4a7c15U);
}

}  // namespace pugmark::engine
