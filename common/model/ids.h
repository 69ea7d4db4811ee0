// Trace and span identifiers. They are binary everywhere inside; text only at the edges.
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/hex.h"

namespace pugmark {

// 128 bits; a 64-bit id of an older client has high == 0.
struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend constexpr auto operator<=>(const TraceId&, const TraceId&) = default;
  [[nodiscard]] constexpr bool IsZero() const { return (high | low) == 0; }

  // 16 bytes, or 8 for the low half. The caller has checked the length.
  static TraceId FromBigEndian(std::string_view bytes) {
    return bytes.size() == 16 ? TraceId{LoadBig64(bytes.data()), LoadBig64(bytes.data() + 8)}
                              : TraceId{0, LoadBig64(bytes.data())};
  }
  void ToBigEndian(char* out) const {
    StoreBig64(out, high);
    StoreBig64(out + 8, low);
  }
  // As Jaeger shows it: 16 digits, or 32 when the high half is not zero.
  [[nodiscard]] std::string ToText() const {
    return high == 0 ? Hex16(low) : Hex16(high) + Hex16(low);
  }
};

// 0 stands for "none" where it names a parent.
using SpanId = std::uint64_t;

}  // namespace pugmark

template <>
struct std::hash<pugmark::TraceId> {
  std::size_t operator()(const pugmark::TraceId& id) const noexcept {
    // Ids are random in most clients, but not in all: mix both halves.
    return static_cast<std::size_t>((id.low ^ (id.high * 0x9e3779b97f4a7c15U)) *
                                    0xff51afd7ed558ccdU);
  }
};
