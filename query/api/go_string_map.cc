#include "query/api/go_string_map.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/base/go_number.h"
#include "common/base/hex.h"
#include "common/base/utf8.h"

namespace pugmark {
namespace {

constexpr std::size_t kMostLevels = 64;

// A byte as Go's scanner quotes it.
std::string QuotedByte(char c) {
  if (c == '\'') {
    return R"('\'')";
  }
  if (c == '"') {
    return R"('"')";
  }
  const auto byte = static_cast<unsigned char>(c);
  std::string text;
  if (byte < 0x80) {
    text.push_back(c);
  } else {  // Go makes a code point of the byte
    text.push_back(static_cast<char>(0xc0 | byte >> 6));
    text.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
  }
  std::string quoted = GoQuote(text);
  quoted.front() = '\'';
  quoted.back() = '\'';
  return quoted;
}

void AppendUtf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
    return;
  }
  if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | code >> 6));
  } else {
    if (code < 0x10000) {
      out.push_back(static_cast<char>(0xe0 | code >> 12));
    } else {
      out.push_back(static_cast<char>(0xf0 | code >> 18));
      out.push_back(static_cast<char>(0x80 | (code >> 12 & 0x3f)));
    }
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
  }
  out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
}

// Reads JSON with the errors of Go's scanner. Positions are checked before every access.
class GoJsonReader {
 public:
  explicit GoJsonReader(std::string_view text) : rest_(text) {}

  // Passes over one value of any kind, with `Value` inside objects and arrays at any depth.
  Status SkipValue() {
    std::string open;  // the brackets around
    for (;;) {
      SkipSpace();
      const char c = Peek();
      if (c == '{' || c == '[') {
        Take();
        if (open.size() >= kMostLevels) {
          return InvalidArgument("exceeded max depth");
        }
        open.push_back(c);
        SkipSpace();
        if (Peek() == (c == '{' ? '}' : ']')) {
          Take();
          open.pop_back();
        } else {
          if (c == '{') {
            if (Status key = SkipKey(); !key.ok()) {
              return key;
            }
          }
          continue;
        }
      } else if (Status scalar = SkipScalar(); !scalar.ok()) {
        return scalar;
      }
      bool next_value = false;
      while (!open.empty() && !next_value) {
        auto more = SkipSeparator(open.back() == '{');
        if (!more.ok()) {
          return std::move(more).error();
        }
        next_value = *more;
        if (!next_value) {
          open.pop_back();
        }
      }
      if (!next_value) {
        return {};
      }
    }
  }

  // After a value: true when a comma (and in an object the next key) was passed, false when the
  // closing bracket was.
  Result<bool> SkipSeparator(bool in_object) {
    SkipSpace();
    const char c = Peek();
    if (!AtEnd() && c == (in_object ? '}' : ']')) {
      Take();
      return false;
    }
    if (AtEnd() || c != ',') {
      return Unexpected(in_object ? "after object key:value pair" : "after array element");
    }
    Take();
    if (in_object) {
      if (Status key = SkipKey(); !key.ok()) {
        return std::move(key).error();
      }
    }
    return true;
  }

  // A key with its colon.
  Status SkipKey() {
    SkipSpace();
    if (Peek() != '"') {
      return Unexpected("looking for beginning of object key string");
    }
    if (Status key = SkipString(); !key.ok()) {
      return key;
    }
    SkipSpace();
    if (Peek() != ':') {
      return Unexpected("after object key");
    }
    Take();
    return {};
  }

  Status SkipString() {
    Take();  // the opening quote
    for (;;) {
      const char c = Peek();
      if (AtEnd() || static_cast<unsigned char>(c) < 0x20) {
        return Unexpected("in string literal");
      }
      Take();
      if (c == '"') {
        return {};
      }
      if (c == '\\') {
        if (Status escape = SkipEscape(); !escape.ok()) {
          return escape;
        }
      }
    }
  }

  void SkipSpace() {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != rest_.npos) {
      rest_.remove_prefix(1);
    }
  }

  [[nodiscard]] bool AtEnd() const { return rest_.empty(); }
  [[nodiscard]] char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  void Take() { rest_.remove_prefix(rest_.empty() ? 0 : 1); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  [[nodiscard]] Error Unexpected(std::string_view where) const {
    return InvalidArgument(AtEnd() ? "unexpected end of JSON input"
                                   : "invalid character " + QuotedByte(Peek()) + " " +
                                         std::string(where));
  }

 private:
  [[nodiscard]] static bool IsDigit(char c) { return c >= '0' && c <= '9'; }

  Status SkipScalar() {
    const char c = Peek();
    if (c == '"') {
      return SkipString();
    }
    if (c == '-' || IsDigit(c)) {
      return SkipNumber();
    }
    for (const std::string_view literal : {"true", "false", "null"}) {
      if (!AtEnd() && c == literal.front()) {
        return SkipLiteral(literal);
      }
    }
    return Unexpected("looking for beginning of value");
  }

  Status SkipLiteral(std::string_view literal) {
    for (const char wanted : literal) {
      if (Peek() != wanted) {
        return Unexpected("in literal " + std::string(literal) + " (expecting " +
                          QuotedByte(wanted) + ")");
      }
      Take();
    }
    return {};
  }

  Status SkipDigits(std::string_view where) {
    if (!IsDigit(Peek())) {
      return Unexpected(where);
    }
    while (IsDigit(Peek())) {
      Take();
    }
    return {};
  }

  Status SkipNumber() {
    if (Peek() == '-') {
      Take();
    }
    if (Peek() == '0') {
      Take();
    } else if (Status whole = SkipDigits("in numeric literal"); !whole.ok()) {
      return whole;
    }
    if (Peek() == '.') {
      Take();
      if (Status part = SkipDigits("after decimal point in numeric literal"); !part.ok()) {
        return part;
      }
    }
    if (Peek() == 'e' || Peek() == 'E') {
      Take();
      if (Peek() == '+' || Peek() == '-') {
        Take();
      }
      return SkipDigits("in exponent of numeric literal");
    }
    return {};
  }

  Status SkipEscape() {
    const char c = Peek();
    if (AtEnd() || std::string_view("bfnrt\\/\"u").find(c) == std::string_view::npos) {
      return Unexpected("in string escape code");
    }
    Take();
    for (int i = 0; c == 'u' && i < 4; ++i) {
      std::uint64_t digit = 0;
      if (AtEnd() || !ParseHex(rest_.substr(0, 1), digit)) {
        return Unexpected("in \\u hexadecimal character escape");
      }
      Take();
    }
    return {};
  }

  std::string_view rest_;
};

char ShortEscape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

// The code unit of the \uXXXX that `text` starts with, or nothing.
bool ReadCodeUnit(std::string_view text, std::uint32_t& unit) {
  std::uint64_t value = 0;
  if (!text.starts_with("\\u") || text.size() < 6 || !ParseHex(text.substr(2, 4), value)) {
    return false;
  }
  unit = static_cast<std::uint32_t>(value);
  return true;
}

// The text of a checked string literal, its quotes included.
std::string Unescape(std::string_view literal) {
  std::string_view rest = literal.substr(1, literal.size() - 2);
  std::string text;
  while (!rest.empty()) {
    std::uint32_t unit = 0;
    if (rest.front() != '\\') {
      text.push_back(rest.front());
      rest.remove_prefix(1);
    } else if (ReadCodeUnit(rest, unit)) {
      rest.remove_prefix(6);
      std::uint32_t low = 0;
      if (unit >= 0xd800 && unit < 0xdc00 && ReadCodeUnit(rest, low) && low >= 0xdc00 &&
          low < 0xe000) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        rest.remove_prefix(6);
      } else if (unit >= 0xd800 && unit < 0xe000) {
        unit = 0xfffd;
      }
      AppendUtf8(text, unit);
    } else {
      text.push_back(ShortEscape(rest[1]));
      rest.remove_prefix(2);
    }
  }
  return IsValidUtf8(text) ? text : RepairUtf8(text);
}

// The kind of the value that starts with `c`, as Go's UnmarshalTypeError names it.
std::string_view KindOf(char c) {
  switch (c) {
    case '{':
      return "object";
    case '[':
      return "array";
    case '"':
      return "string";
    case 't':
    case 'f':
      return "bool";
    default:
      return "number";
  }
}

Error TypeError(char found, std::string_view wanted) {
  return InvalidArgument("json: cannot unmarshal " + std::string(KindOf(found)) +
                         " into Go value of type " + std::string(wanted));
}

}  // namespace

Result<std::map<std::string, std::string>> ParseGoStringMap(std::string_view json) {
  // Go checks the syntax of the whole before it looks at types.
  GoJsonReader check(json);
  if (Status value = check.SkipValue(); !value.ok()) {
    return std::move(value).error();
  }
  check.SkipSpace();
  if (!check.AtEnd()) {
    return check.Unexpected("after top-level value");
  }

  std::map<std::string, std::string> map;
  GoJsonReader reader(json);
  reader.SkipSpace();
  if (reader.Peek() == 'n') {
    return map;
  }
  if (reader.Peek() != '{') {
    return TypeError(reader.Peek(), "map[string]string");
  }
  reader.Take();
  reader.SkipSpace();
  Status first_error;
  // The text is well-formed from here on: what follows only finds the ends of its parts.
  while (reader.Peek() == '"') {
    std::string_view before = reader.rest();
    static_cast<void>(reader.SkipString().ok());
    std::string key = Unescape(before.substr(0, before.size() - reader.rest().size()));
    reader.SkipSpace();
    reader.Take();  // the colon
    reader.SkipSpace();
    before = reader.rest();
    const char kind = reader.Peek();
    static_cast<void>(reader.SkipValue().ok());
    if (kind == '"') {
      map[std::move(key)] = Unescape(before.substr(0, before.size() - reader.rest().size()));
    } else if (kind == 'n') {
      map[std::move(key)] = "";
    } else if (first_error.ok()) {
      first_error = TypeError(kind, "string");
    }
    reader.SkipSpace();
    reader.Take();  // the comma or the bracket
    reader.SkipSpace();
  }
  if (!first_error.ok()) {
    return std::move(first_error).error();
  }
  return map;
}

}  // namespace pugmark
