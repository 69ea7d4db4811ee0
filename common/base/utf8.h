// UTF-8 validation (RFC 3629) and repair.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/bytes.h"

namespace pugmark {

// Inline: it runs over every text that comes in, most of them short.
[[nodiscard]] inline bool IsAscii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  const char* p = text.data();
  std::size_t left = text.size();
  std::uint64_t seen = 0;
  if (left >= 8) {
    const char* const last = p + left - 8;
    for (; p < last; p += 8) {
      seen |= LoadLittle<std::uint64_t>(p);
    }
    seen |= LoadLittle<std::uint64_t>(last);
  } else if (left >= 4) {
    seen = LoadLittle<std::uint32_t>(p) | LoadLittle<std::uint32_t>(p + left - 4);
  } else {
    for (; left > 0; --left) {
      seen |= static_cast<unsigned char>(*p++);
    }
  }
  return (seen & kHighBits) == 0;
}

// IsValidUtf8 for what is not ASCII alone.
[[nodiscard]] bool IsValidNonAsciiUtf8(std::string_view text);

// Fast for ASCII; rejects overlong forms, surrogates and code points above U+10FFFF.
[[nodiscard]] inline bool IsValidUtf8(std::string_view text) {
  return IsAscii(text) || IsValidNonAsciiUtf8(text);
}

// `text` with every invalid byte replaced by U+FFFD, as Go's encoding/json writes it.
[[nodiscard]] std::string RepairUtf8(std::string_view text);

}  // namespace pugmark
