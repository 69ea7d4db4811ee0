#include "query/api/trace_id_text.h"

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/go_number.h"

namespace pugmark {
namespace {

std::optional<std::uint32_t> Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  if (c == '+' || c == '-') {
    return 62;
  }
  if (c == '/' || c == '_') {
    return 63;
  }
  return std::nullopt;
}

// The id that `text` is the base64 of; nothing unless it stands for 8 or 16 bytes.
std::optional<TraceId> FromBase64(std::string_view text) {
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  if (text.size() != 11 && text.size() != 22) {
    return std::nullopt;
  }
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto digit = Base64Digit(c);
    if (!digit) {
      return std::nullopt;
    }
    bits = bits << 6 | *digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 0xff));
    }
  }
  return TraceId::FromBigEndian(bytes);
}

Result<TraceId> FromHex(std::string_view text) {
  if (text.size() > 32) {
    return InvalidArgument("TraceID cannot be longer than 32 hex characters: " + std::string(text));
  }
  TraceId id;
  if (text.size() > 16) {
    const auto high = ParseGoHex(text.substr(0, text.size() - 16));
    if (!high.ok()) {
      return high.error();
    }
    id.high = *high;
    text.remove_prefix(text.size() - 16);
  }
  const auto low = ParseGoHex(text);
  if (!low.ok()) {
    return low.error();
  }
  id.low = *low;
  return id;
}

}  // namespace

Result<TraceId> ParseTraceIdText(std::string_view text) {
  auto id = FromHex(text);
  if (!id.ok()) {
    if (const auto decoded = FromBase64(text)) {
      return *decoded;
    }
  }
  return id;
}

}  // namespace pugmark
