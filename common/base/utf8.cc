#include "common/base/utf8.h"

#include <cstddef>

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

}  // namespace

bool IsValidNonAsciiUtf8(std::string_view text) {
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
