#include "common/base/hex.h"

namespace pugmark {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

int DigitValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

void WriteHex16(std::uint64_t value, char* out) {
  for (int i = 15; i >= 0; --i) {
    out[i] = kDigits[value & 15];
    value >>= 4;
  }
}

std::string Hex16(std::uint64_t value) {
  std::string text(16, '0');
  WriteHex16(value, text.data());
  return text;
}

std::string HexBytes(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

bool ParseHex(std::string_view text, std::uint64_t& value) {
  if (text.empty() || text.size() > 16) {
    return false;
  }
  std::uint64_t parsed = 0;
  for (const char c : text) {
    const int digit = DigitValue(c);
    if (digit < 0) {
      return false;
    }
    parsed = parsed << 4 | static_cast<std::uint64_t>(digit);
  }
  value = parsed;
  return true;
}

}  // namespace pugmark
