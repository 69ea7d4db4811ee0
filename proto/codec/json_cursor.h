// A pull parser of JSON (RFC 8259) over bytes in memory. Texts are views of those bytes, or of the
// arena where they had escapes; nothing else is allocated.
//
// The first error sticks, with its position; every later read gives zeros and every loop ends.
// null counts as absent wherever a value is read. Texts must be UTF-8; a lone surrogate escape
// becomes U+FFFD. Objects and arrays may be nested 64 deep.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/model/arena.h"
#include "proto/codec/decode_status.h"

namespace pugmark {

class JsonCursor {
 public:
  static constexpr int kMaxDepth = 64;

  JsonCursor(std::string_view text, Arena& arena)
      : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()), arena_(arena) {}

  [[nodiscard]] bool ok() const { return error_ == DecodeError::kNone; }
  [[nodiscard]] DecodeStatus status() const { return {error_, position_}; }
  void Fail(DecodeError error);

  // The first character of the next value, 0 at the end of the bytes.
  [[nodiscard]] char Peek() {
    SkipSpace();
    return at_ < end_ ? *at_ : '\0';
  }

  // Calls read(key) for each member of an object; it returns whether it has read the value, which
  // is skipped otherwise.
  template <typename Read>
  void EachMember(const Read& read) {
    if (!Enter('{')) {
      return;
    }
    for (bool first = true; Next('}', first); first = false) {
      std::string_view key;
      if (!ReadKey(key)) {
        break;
      }
      if (!read(key)) {
        SkipValue();
      }
    }
    --depth_;
  }
  // Calls read() for each element of an array; it reads the element.
  template <typename Read>
  void EachElement(const Read& read) {
    if (!Enter('[')) {
      return;
    }
    for (bool first = true; Next(']', first); first = false) {
      read();
    }
    --depth_;
  }

  [[nodiscard]] std::string_view ReadString();
  // A number, or a string with one.
  [[nodiscard]] std::int64_t ReadInt64();
  [[nodiscard]] std::uint64_t ReadUint64();
  [[nodiscard]] std::uint32_t ReadUint32();
  // Also "NaN", "Infinity", "-Infinity" and what other languages call them.
  [[nodiscard]] double ReadDouble();
  [[nodiscard]] bool ReadBool();
  // The text of a number as it stands, or of one in quotes; "0" for null.
  [[nodiscard]] std::string_view ReadNumberText();
  // The bytes of a string in base64, standard or URL alphabet, with or without padding; in the
  // arena.
  [[nodiscard]] std::string_view ReadBase64();
  void SkipValue();
  // Takes a null. False when the next value is another.
  bool TakeNull();
  // Nothing but space may follow the document.
  void ExpectEnd();

  // For the usual forms of common parts, tried before the general ones: takes exactly `literal`, or
  // nothing. On any surprise the caller goes back to where the part began.
  [[nodiscard]] bool TakeLiteral(std::string_view literal) {
    if (static_cast<std::size_t>(end_ - at_) < literal.size() ||
        std::string_view(at_, literal.size()) != literal) {
      return false;
    }
    at_ += literal.size();
    return true;
  }
  // The rest of a string whose opening quote was taken. False for one with escapes, and for none.
  [[nodiscard]] bool TakePlainString(std::string_view& text);
  using Mark = const char*;
  [[nodiscard]] Mark mark() const { return at_; }
  void GoBack(Mark mark) { at_ = mark; }

 private:
  // A run of the characters that a string may hold as they are.
  struct PlainRun {
    const char* end = nullptr;  // at a quote, a backslash, a control character, or the end
    bool ascii = true;
  };

  void SkipSpace() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
      ++at_;
    }
  }
  // Takes the opening bracket. False, after an error unless it is null, for anything else.
  [[nodiscard]] bool Enter(char bracket);
  // Moves to the next member or element; false at the end and after an error.
  [[nodiscard]] bool Next(char closing, bool first);
  [[nodiscard]] bool ReadKey(std::string_view& key);
  [[nodiscard]] PlainRun FindPlainRun(const char* from) const;
  [[nodiscard]] std::string_view Unescape(const char* from);
  [[nodiscard]] bool UnescapeOne(const char*& from, char*& to);
  [[nodiscard]] std::string_view NumberToken();
  template <typename Integer>
  Integer ReadInteger();

  const char* const begin_;
  const char* at_;
  const char* const end_;
  Arena& arena_;
  int depth_ = 0;
  DecodeError error_ = DecodeError::kNone;
  std::size_t position_ = 0;
};

}  // namespace pugmark
