// The layout of a block: the spans of one written batch, or a part of it, with the resources and
// scopes that they name. README.md draws it byte by byte.
//
//   header | body, compressed where that pays
//   body = span records, resource records, scope records
#pragma once

#include <cstddef>
#include <cstdint>

namespace pugmark::rocks {

inline constexpr std::uint8_t kBlockVersion = 1;

enum class BlockCompression : std::uint8_t { kNone = 0, kZstd = 1 };

// Fixed part in front of the body, little endian, without padding on disk.
struct BlockHeader {
  std::uint8_t version = kBlockVersion;
  BlockCompression compression = BlockCompression::kNone;
  std::uint32_t body_bytes = 0;       // unpacked
  std::uint32_t spans_bytes = 0;      // of the span records at the front of the body
  std::uint32_t resources_bytes = 0;  // of the resource records behind them; the rest are scopes
  std::uint32_t span_count = 0;
  std::uint32_t resource_count = 0;
  std::uint32_t scope_count = 0;
};
inline constexpr std::size_t kBlockHeaderBytes = 2 + 6 * 4;

// Offsets in a span record.
inline constexpr std::size_t kSpanLengthAt = 0;     // u32: bytes behind this field
inline constexpr std::size_t kSpanResourceAt = 4;   // u32: 1 + index, 0 for none
inline constexpr std::size_t kSpanScopeAt = 8;      // u32: 1 + index, 0 for none
inline constexpr std::size_t kSpanTraceIdAt = 12;   // 16 bytes, big endian
inline constexpr std::size_t kSpanIdAt = 28;        // u64
inline constexpr std::size_t kSpanParentAt = 36;    // u64
inline constexpr std::size_t kSpanStartAt = 44;     // i64, ns since 1970
inline constexpr std::size_t kSpanDurationAt = 52;  // i64, ns
inline constexpr std::size_t kSpanKindAt = 60;      // u8
inline constexpr std::size_t kSpanStatusAt = 61;    // u8
inline constexpr std::size_t kSpanFormatAt = 62;    // u8
inline constexpr std::size_t kSpanRestAt = 63;      // variable part:
inline constexpr int kNumbersBeforeName = 4;        // flags, dropped counts; then the name, a text

// Values nest at most this deep; decoders of requests allow less.
inline constexpr int kMaxValueDepth = 128;
// No block is larger when unpacked: a bound for hostile headers.
inline constexpr std::uint32_t kMaxBlockBytes = std::uint32_t{256} << 20;

}  // namespace pugmark::rocks
