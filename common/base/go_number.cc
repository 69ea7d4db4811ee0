#include "common/base/go_number.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "common/base/utf8.h"

namespace pugmark {
namespace {

Error SyntaxError(std::string_view function, std::string_view text) {
  return InvalidArgument("strconv." + std::string(function) + ": parsing " + GoQuote(text) +
                         ": invalid syntax");
}

Error RangeError(std::string_view function, std::string_view text) {
  return InvalidArgument("strconv." + std::string(function) + ": parsing " + GoQuote(text) +
                         ": value out of range");
}

void AppendHexEscape(std::string& out, unsigned char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

char ShortEscape(char c) {
  switch (c) {
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\v':
      return 'v';
    default:
      return 0;
  }
}

}  // namespace

std::string GoQuote(std::string_view text) {
  const bool valid = IsValidUtf8(text);
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (const char escape = ShortEscape(c); escape != 0) {
      out += '\\';
      out += escape;
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !valid)) {
      AppendHexEscape(out, byte);
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

Result<std::int64_t> ParseGoInt(std::string_view text, int bits) {
  std::string_view digits = text;
  bool negative = false;
  if (!digits.empty() && (digits.front() == '+' || digits.front() == '-')) {
    negative = digits.front() == '-';
    digits.remove_prefix(1);
  }
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return SyntaxError("ParseInt", text);
  }
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const std::uint64_t cutoff = std::uint64_t{1} << (bits - 1);
  if (code != std::errc() || (negative ? value > cutoff : value >= cutoff)) {
    return RangeError("ParseInt", text);
  }
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

Result<std::uint64_t> ParseGoHex(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
    return SyntaxError("ParseUint", text);
  }
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (code != std::errc()) {
    return RangeError("ParseUint", text);
  }
  return value;
}

Result<double> ParseGoFloat(std::string_view text) {
  std::string_view digits = text;
  if (!digits.empty() && digits.front() == '+') {
    digits.remove_prefix(1);
    if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) {
      return SyntaxError("ParseFloat", text);
    }
  }
  double value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (code == std::errc::result_out_of_range) {
    return RangeError("ParseFloat", text);
  }
  if (code != std::errc() || end != digits.data() + digits.size()) {
    return SyntaxError("ParseFloat", text);
  }
  return value;
}

Result<bool> ParseGoBool(std::string_view text) {
  for (const std::string_view name : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == name) {
      return true;
    }
  }
  for (const std::string_view name : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == name) {
      return false;
    }
  }
  return SyntaxError("ParseBool", text);
}

}  // namespace pugmark
