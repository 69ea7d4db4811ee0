#include "proto/codec/json_cursor.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "common/base/utf8.h"

namespace pugmark {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexValue(char c) {
  if (IsDigit(c)) {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Four hexadecimal digits, or -1.
int ReadHex4(const char* from, const char* end) {
  if (end - from < 4) {
    return -1;
  }
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = HexValue(from[i]);
    if (digit < 0) {
      return -1;
    }
    value = value << 4 | digit;
  }
  return value;
}

void WriteUtf8(std::uint32_t point, char*& to) {
  const auto put = [&to](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

constexpr std::uint32_t kReplacement = 0xfffd;
bool IsHighSurrogate(int unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool IsLowSurrogate(int unit) { return unit >= 0xdc00 && unit < 0xe000; }

bool EqualsIgnoreCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return static_cast<char>(a | 0x20) == b; });
}

// NaN and infinities by name; false for any other text.
bool ReadSpecialDouble(std::string_view text, double& value) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  if (EqualsIgnoreCase(text, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (EqualsIgnoreCase(text, "infinity") || EqualsIgnoreCase(text, "inf")) {
    value = std::numeric_limits<double>::infinity();
  } else {
    return false;
  }
  value = negative ? -value : value;
  return true;
}

// The length of the number of JSON's grammar at the start of `text`; 0 when there is none.
std::size_t NumberLength(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t first = i;
    while (i < text.size() && IsDigit(text[i])) {
      ++i;
    }
    return i > first;
  };
  const auto has = [&](char c) { return i < text.size() && text[i] == c; };
  i += has('-') ? 1 : 0;
  if (has('0')) {
    ++i;
  } else if (!digits()) {
    return 0;
  }
  if (has('.')) {
    ++i;
    if (!digits()) {
      return 0;
    }
  }
  if (has('e') || has('E')) {
    ++i;
    i += has('+') || has('-') ? 1 : 0;
    if (!digits()) {
      return 0;
    }
  }
  return i;
}

// 0 to 63, or -1. Both alphabets.
int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (IsDigit(c)) {
    return c - '0' + 52;
  }
  return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

}  // namespace

void JsonCursor::Fail(DecodeError error) {
  if (ok()) {
    error_ = error;
    position_ = static_cast<std::size_t>(at_ - begin_);
  }
  at_ = end_;
}

bool JsonCursor::Enter(char bracket) {
  const char next = Peek();
  if (next != bracket) {
    if (!TakeNull()) {
      Fail(next == '\0' && at_ >= end_ ? DecodeError::kTruncated : DecodeError::kMalformed);
    }
    return false;
  }
  if (depth_ >= kMaxDepth) {
    Fail(DecodeError::kTooDeep);
    return false;
  }
  ++depth_;
  ++at_;
  return true;
}

bool JsonCursor::Next(char closing, bool first) {
  const char next = Peek();
  if (next == closing) {
    ++at_;
    return false;
  }
  if (!first && next == ',') {
    ++at_;
    return true;
  }
  if (first && next != '\0') {
    return true;
  }
  Fail(at_ >= end_ ? DecodeError::kTruncated : DecodeError::kMalformed);
  return false;
}

bool JsonCursor::ReadKey(std::string_view& key) {
  if (Peek() != '"') {
    Fail(at_ >= end_ ? DecodeError::kTruncated : DecodeError::kMalformed);
    return false;
  }
  key = ReadString();
  if (Peek() != ':') {
    Fail(at_ >= end_ ? DecodeError::kTruncated : DecodeError::kMalformed);
    return false;
  }
  ++at_;
  return true;
}

JsonCursor::PlainRun JsonCursor::FindPlainRun(const char* from) const {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1f);
  int high = 0;
  const char* p = from;
  for (; end_ - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i special =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                     _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    const auto high_here = static_cast<unsigned>(_mm_movemask_epi8(bytes));
    if (mask != 0) {
      const int length = std::countr_zero(mask);
      const bool any_high = (high | static_cast<int>(high_here & ((1U << length) - 1))) != 0;
      return {p + length, !any_high};
    }
    high |= static_cast<int>(high_here);
  }
  for (; p < end_; ++p) {
    const auto byte = static_cast<unsigned char>(*p);
    if (byte == '"' || byte == '\\' || byte < 0x20) {
      break;
    }
    high |= byte & 0x80;
  }
  return {p, high == 0};
}

bool JsonCursor::TakePlainString(std::string_view& text) {
  const PlainRun run = FindPlainRun(at_);
  if (run.end == end_ || *run.end != '"') {
    return false;
  }
  text = {at_, static_cast<std::size_t>(run.end - at_)};
  if (!run.ascii && !IsValidUtf8(text)) {
    return false;
  }
  at_ = run.end + 1;
  return true;
}

std::string_view JsonCursor::ReadString() {
  if (Peek() != '"') {
    if (!TakeNull()) {
      Fail(at_ >= end_ ? DecodeError::kTruncated : DecodeError::kMalformed);
    }
    return {};
  }
  const char* const first = at_ + 1;
  const PlainRun run = FindPlainRun(first);
  if (run.end < end_ && *run.end == '\\') {
    return Unescape(first);
  }
  if (run.end == end_ || *run.end != '"') {
    at_ = run.end;
    Fail(run.end == end_ ? DecodeError::kTruncated : DecodeError::kMalformed);
    return {};
  }
  const std::string_view text(first, static_cast<std::size_t>(run.end - first));
  if (!run.ascii && !IsValidUtf8(text)) {
    Fail(DecodeError::kBadUtf8);
    return {};
  }
  at_ = run.end + 1;
  return text;
}

// The string that begins at `from`, behind its quote. No escape is longer than what it stands for.
std::string_view JsonCursor::Unescape(const char* from) {
  const char* closing = FindPlainRun(from).end;
  while (closing < end_ && *closing == '\\') {
    closing = FindPlainRun(std::min(closing + 2, end_)).end;
  }
  if (closing == end_ || *closing != '"') {
    at_ = closing;
    Fail(closing == end_ ? DecodeError::kTruncated : DecodeError::kMalformed);
    return {};
  }
  char* const text = arena_.Allocate<char>(static_cast<std::size_t>(closing - from));
  if (text == nullptr) {
    Fail(DecodeError::kTooLarge);
    return {};
  }
  char* to = text;
  while (from < closing) {
    const char* const run = std::min(FindPlainRun(from).end, closing);
    to = std::copy(from, run, to);
    from = run;
    if (from < closing && !UnescapeOne(from, to)) {
      at_ = from;
      Fail(DecodeError::kMalformed);
      return {};
    }
  }
  const std::string_view unescaped(text, static_cast<std::size_t>(to - text));
  if (!IsValidUtf8(unescaped)) {
    Fail(DecodeError::kBadUtf8);
    return {};
  }
  at_ = closing + 1;
  return unescaped;
}

bool JsonCursor::UnescapeOne(const char*& from, char*& to) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char letter = from[1];  // a closing quote stands behind it at least
  const std::size_t index = kLetters.find(letter);
  if (index != std::string_view::npos) {
    *to++ = kMeanings[index];
    from += 2;
    return true;
  }
  const int unit = letter == 'u' ? ReadHex4(from + 2, end_) : -1;
  if (unit < 0) {
    return false;
  }
  from += 6;
  if (IsHighSurrogate(unit) && end_ - from >= 2 && from[0] == '\\' && from[1] == 'u') {
    const int second = ReadHex4(from + 2, end_);
    if (IsLowSurrogate(second)) {
      from += 6;
      WriteUtf8(0x10000 + (static_cast<std::uint32_t>(unit - 0xd800) << 10) +
                    static_cast<std::uint32_t>(second - 0xdc00),
                to);
      return true;
    }
  }
  const bool lone = IsHighSurrogate(unit) || IsLowSurrogate(unit);
  WriteUtf8(lone ? kReplacement : static_cast<std::uint32_t>(unit), to);
  return true;
}

bool JsonCursor::TakeNull() {
  SkipSpace();
  return TakeLiteral("null");
}

std::string_view JsonCursor::NumberToken() {
  const std::size_t length = NumberLength({at_, static_cast<std::size_t>(end_ - at_)});
  if (length == 0) {
    Fail(at_ >= end_ ? DecodeError::kTruncated : DecodeError::kMalformed);
    return {};
  }
  const std::string_view token(at_, length);
  at_ += length;
  return token;
}

std::string_view JsonCursor::ReadNumberText() {
  if (TakeNull()) {
    return "0";
  }
  return Peek() == '"' ? ReadString() : NumberToken();
}

template <typename Integer>
Integer JsonCursor::ReadInteger() {
  const char* const start = at_;
  const std::string_view text = ReadNumberText();
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    if (ok()) {
      at_ = start;
    }
    Fail(DecodeError::kMalformed);
    return 0;
  }
  return value;
}

std::int64_t JsonCursor::ReadInt64() { return ReadInteger<std::int64_t>(); }
std::uint64_t JsonCursor::ReadUint64() { return ReadInteger<std::uint64_t>(); }
std::uint32_t JsonCursor::ReadUint32() { return ReadInteger<std::uint32_t>(); }

double JsonCursor::ReadDouble() {
  const bool quoted = Peek() == '"';
  const char* const start = at_;
  const std::string_view text = ReadNumberText();
  double value = 0;
  if (!ok() || (quoted && ReadSpecialDouble(text, value))) {
    return value;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    value = std::strtod(std::string(text).c_str(), nullptr);  // 0 for one that is too small
  }
  if (error == std::errc::invalid_argument || end != text.data() + text.size() ||
      !std::isfinite(value)) {
    at_ = start;
    Fail(DecodeError::kMalformed);
    return 0;
  }
  return value;
}

bool JsonCursor::ReadBool() {
  if (TakeNull()) {
    return false;
  }
  if (TakeLiteral("true")) {
    return true;
  }
  if (!TakeLiteral("false")) {
    Fail(at_ >= end_ ? DecodeError::kTruncated : DecodeError::kMalformed);
  }
  return false;
}

std::string_view JsonCursor::ReadBase64() {
  const char* const start = at_;
  std::string_view text = ReadString();
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  if (text.empty()) {
    return {};
  }
  char* const bytes = arena_.Allocate<char>(text.size());
  if (bytes == nullptr) {
    Fail(DecodeError::kTooLarge);
    return {};
  }
  char* to = bytes;
  std::uint32_t group = 0;
  int bits = 0;
  bool valid = text.size() % 4 != 1;
  for (const char c : text) {
    const int value = Base64Value(c);
    valid &= value >= 0;
    group = group << 6 | static_cast<std::uint32_t>(value & 63);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      *to++ = static_cast<char>(group >> bits);
    }
  }
  if (!valid) {
    at_ = start;
    Fail(DecodeError::kMalformed);
    return {};
  }
  return {bytes, static_cast<std::size_t>(to - bytes)};
}

void JsonCursor::SkipValue() {
  switch (Peek()) {
    case '{':
      EachMember([](std::string_view) { return false; });
      return;
    case '[':
      EachElement([this] { SkipValue(); });
      return;
    case '"':
      static_cast<void>(ReadString());
      return;
    case 't':
    case 'f':
    case 'n':
      static_cast<void>(ReadBool());
      return;
    default:
      static_cast<void>(NumberToken());
  }
}

void JsonCursor::ExpectEnd() {
  SkipSpace();
  if (at_ < end_) {
    Fail(DecodeError::kMalformed);
  }
}

}  // namespace pugmark
