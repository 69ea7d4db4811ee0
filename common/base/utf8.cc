#include "common/base/utf8.h"

#include <cstddef>
#include <cstdint>

#include "common/base/bytes.h"

namespace pugmark {
namespace {

bool IsContinuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// Length of the valid code point at the start of `text`, or 0. `text` is not empty.
std::size_t CodePointLength(std::string_view text) {
  const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) {
    return 1;
  }
  if (lead < 0xc2) {
    return 0;
  }
  if (lead < 0xe0) {
    return text.size() >= 2 && IsContinuation(at(1)) ? 2 : 0;
  }
  if (lead < 0xf0) {
    const bool whole = text.size() >= 3 && IsContinuation(at(1)) && IsContinuation(at(2));
    const bool overlong = lead == 0xe0 && whole && at(1) < 0xa0;
    const bool surrogate = lead == 0xed && whole && at(1) >= 0xa0;
    return whole && !overlong && !surrogate ? 3 : 0;
  }
  if (lead < 0xf5) {
    const bool whole =
        text.size() >= 4 && IsContinuation(at(1)) && IsContinuation(at(2)) && IsContinuation(at(3));
    const bool overlong = lead == 0xf0 && whole && at(1) < 0x90;
    const bool too_large = lead == 0xf4 && whole && at(1) >= 0x90;
    return whole && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

bool IsAscii(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  std::uint64_t seen = 0;
  if (text.size() >= 8) {
    const char* const last = end - 8;
    for (; p < last; p += 8) {
      seen |= LoadLittle<std::uint64_t>(p);
    }
    seen |= LoadLittle<std::uint64_t>(last);
  } else {
    for (; p < end; ++p) {
      seen |= static_cast<unsigned char>(*p);
    }
  }
  return (seen & 0x8080808080808080U) == 0;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  if (IsAscii(text)) {
    return true;
  }
  while (!text.empty()) {
    const std::size_t length = CodePointLength(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

std::string RepairUtf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = CodePointLength(text);
    if (length == 0) {
      repaired.append("\xef\xbf\xbd");
      text.remove_prefix(1);
    } else {
      repaired.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return repaired;
}

}  // namespace pugmark
