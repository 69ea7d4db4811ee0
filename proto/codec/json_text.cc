#include "proto/codec/json_text.h"

#include <emmintrin.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "common/base/utf8.h"

namespace pugmark {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// Bytes that may stand in a JSON string as they are; those from 0x80 on need a closer look.
bool IsPlain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\' && byte != '<' && byte != '>' &&
         byte != '&';
}

// How many bytes at the start of `text` are plain.
std::size_t PlainPrefix(std::string_view text) {
  std::size_t at = 0;
  const __m128i space = _mm_set1_epi8(0x20);
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    // The comparison is signed, so bytes from 0x80 on count as below 0x20 too.
    __m128i special = _mm_cmplt_epi8(bytes, space);
    for (const char c : {'"', '\\', '<', '>', '&'}) {
      special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
    }
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (mask != 0) {
      return at + static_cast<std::size_t>(std::countr_zero(mask));
    }
  }
  while (at < text.size() && IsPlain(static_cast<unsigned char>(text[at]))) {
    ++at;
  }
  return at;
}

void AppendEscaped(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
  }
}

// Appends what starts at a byte from 0x80 on; returns its length.
std::size_t AppendCodePoint(std::string& out, std::string_view text) {
  for (std::size_t length = 2; length <= 4 && length <= text.size(); ++length) {
    const std::string_view point = text.substr(0, length);
    if (!IsValidUtf8(point)) {
      continue;
    }
    if (point == "\xe2\x80\xa8" || point == "\xe2\x80\xa9") {
      out += point.back() == '\xa8' ? "\\u2028" : "\\u2029";
    } else {
      out += point;
    }
    return length;
  }
  out += "\\ufffd";
  return 1;
}

template <typename T>
void AppendNumber(std::string& out, T value) {
  std::array<char, 24> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

}  // namespace

void AppendGoJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const std::size_t plain = PlainPrefix(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte < 0x80) {
      AppendEscaped(out, byte);
      text.remove_prefix(1);
    } else {
      text.remove_prefix(AppendCodePoint(out, text));
    }
  }
  out += '"';
}

void AppendInteger(std::string& out, std::int64_t value) { AppendNumber(out, value); }

void AppendUnsigned(std::string& out, std::uint64_t value) { AppendNumber(out, value); }

void AppendDouble(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return;
  }
  const double size = std::abs(value);
  const bool fixed = size == 0 || (size >= 1e-6 && size < 1e21);
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 fixed ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  const std::size_t exponent = digits.find("e-0");
  if (exponent != std::string_view::npos) {  // Go writes e-9, not e-09
    out.append(digits.substr(0, exponent + 2));
    digits.remove_prefix(exponent + 3);
  }
  out.append(digits);
}

void AppendBase64(std::string& out, std::string_view bytes) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto at = [bytes](std::size_t i) {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const unsigned group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    out += kAlphabet[group >> 18];
    out += kAlphabet[group >> 12 & 63];
    out += i + 1 < bytes.size() ? kAlphabet[group >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kAlphabet[group & 63] : '=';
  }
}

void AppendValueJson(std::string& out, const Value& value) {
  switch (value.type()) {
    case ValueType::kEmpty:
      out += "null";
      break;
    case ValueType::kString:
      AppendGoJsonString(out, value.text());
      break;
    case ValueType::kBool:
      out += value.boolean() ? "true" : "false";
      break;
    case ValueType::kInt:
      AppendInteger(out, value.integer());
      break;
    case ValueType::kDouble:
      AppendDouble(out, value.real());
      break;
    case ValueType::kBytes:
      out += '"';
      AppendBase64(out, value.text());
      out += '"';
      break;
    case ValueType::kArray: {
      char separator = '[';
      for (const Value& element : value.elements()) {
        out += separator;
        separator = ',';
        AppendValueJson(out, element);
      }
      out += value.elements().empty() ? "[]" : "]";
      break;
    }
    case ValueType::kMap: {
      char separator = '{';
      for (const Attribute& entry : value.entries()) {
        out += separator;
        separator = ',';
        AppendGoJsonString(out, entry.key);
        out += ':';
        AppendValueJson(out, entry.value);
      }
      out += value.entries().empty() ? "{}" : "}";
      break;
    }
  }
}

}  // namespace pugmark
