#include "storage/rocks/columnar/text_template.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>

namespace pugmark::engine {
namespace {

constexpr char kNumber = 1;
constexpr char kHex = 2;
constexpr char kUuid = 3;
constexpr int kHexBias = 4;  // keeps the length byte from looking like a placeholder

enum CharClass : std::uint8_t { kOther = 0, kDigit = 1, kHexLetter = 2, kLetter = 4 };

constexpr std::array<std::uint8_t, 256> MakeClasses() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = '0'; c <= '9'; ++c) {
    classes[c] = kDigit;
  }
  for (unsigned c = 'a'; c <= 'z'; ++c) {
    classes[c] = c <= 'f' ? kHexLetter : kLetter;
  }
  for (unsigned c = 'A'; c <= 'Z'; ++c) {
    classes[c] = kLetter;
  }
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = MakeClasses();

std::uint8_t ClassOf(char c) { return kClasses[static_cast<std::uint8_t>(c)]; }

unsigned HexDigit(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

constexpr std::size_t kUuidSize = 36;
constexpr bool IsUuidDash(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

bool ParseUuid(std::string_view text, std::uint64_t& high, std::uint64_t& low) {
  if (text.size() < kUuidSize) {
    return false;
  }
  high = 0;
  low = 0;
  unsigned digits = 0;
  for (std::size_t i = 0; i < kUuidSize; ++i) {
    if (IsUuidDash(i)) {
      if (text[i] != '-') {
        return false;
      }
      continue;
    }
    if ((ClassOf(text[i]) & (kDigit | kHexLetter)) == 0) {
      return false;
    }
    std::uint64_t& half = digits < 16 ? high : low;
    half = half << 4 | HexDigit(text[i]);
    ++digits;
  }
  return true;
}

char* WriteHex(char* out, std::uint64_t value, unsigned digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (unsigned i = digits; i-- > 0;) {
    *out++ = kDigits[(value >> (4 * i)) & 15];
  }
  return out;
}

class Splitter {
 public:
  Splitter(std::string_view text, SplitText& out) : text_(text), out_(out) {}

  bool Run() {
    out_.pattern_size = 0;
    out_.slot_count = 0;
    while (at_ < text_.size()) {
      if (ClassOf(text_[at_]) == kOther) {
        if (static_cast<std::uint8_t>(text_[at_]) < 4) {
          return false;
        }
        Put(text_[at_++]);
      } else {
        SplitWord();
      }
    }
    return out_.slot_count != 0;
  }

 private:
  void Put(char c) { out_.pattern[out_.pattern_size++] = c; }
  [[nodiscard]] bool HasRoom(unsigned slots) const {
    return out_.slot_count + slots <= kMostTemplateSlots;
  }

  // A run of letters and digits: a slot as a whole, or copied.
  void SplitWord() {
    std::size_t end = at_;
    unsigned classes = 0;
    while (end < text_.size() && ClassOf(text_[end]) != kOther) {
      classes |= ClassOf(text_[end++]);
    }
    const std::size_t size = end - at_;
    if (classes == kDigit && size >= 3 && size <= 18 && text_[at_] != '0' && HasRoom(1)) {
      std::uint64_t value = 0;
      for (; at_ < end; ++at_) {
        value = value * 10 + static_cast<unsigned>(text_[at_] - '0');
      }
      Put(kNumber);
      out_.slots[out_.slot_count++] = value;
      return;
    }
    if ((classes & kLetter) == 0 && size >= 8) {
      std::uint64_t high = 0;
      std::uint64_t low = 0;
      if (size == 8 && HasRoom(2) && ParseUuid(text_.substr(at_), high, low)) {
        Put(kUuid);
        out_.slots[out_.slot_count++] = high;
        out_.slots[out_.slot_count++] = low;
        at_ += kUuidSize;
        return;
      }
      if (size <= 16 && HasRoom(1)) {
        std::uint64_t value = 0;
        for (; at_ < end; ++at_) {
          value = value << 4 | HexDigit(text_[at_]);
        }
        Put(kHex);
        Put(static_cast<char>(size + kHexBias));
        out_.slots[out_.slot_count++] = value;
        return;
      }
    }
    std::memcpy(out_.pattern.data() + out_.pattern_size, text_.data() + at_, size);
    out_.pattern_size += size;
    at_ = end;
  }

  const std::string_view text_;
  SplitText& out_;
  std::size_t at_ = 0;
};

}  // namespace

bool SplitIntoTemplate(std::string_view text, SplitText& out) {
  // A pattern is never longer than its text: every placeholder is shorter than what it stands for.
  return text.size() <= kMostTemplateText && Splitter(text, out).Run();
}

std::optional<unsigned> CountTemplateSlots(std::string_view pattern) {
  unsigned slots = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    switch (pattern[i]) {
      case kNumber:
        ++slots;
        break;
      case kUuid:
        slots += 2;
        break;
      case kHex: {
        ++i;
        if (i == pattern.size() || pattern[i] < kHexBias + 1 || pattern[i] > kHexBias + 16) {
          return std::nullopt;
        }
        ++slots;
        break;
      }
      default:
        break;
    }
  }
  if (pattern.size() > kMostTemplateText || slots > kMostTemplateSlots) {
    return std::nullopt;
  }
  return slots;
}

std::size_t JoinTemplate(std::string_view pattern, std::span<const std::uint64_t> slots,
                         std::array<char, kMostJoinedText>& out) {
  char* to = out.data();
  std::size_t slot = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    switch (pattern[i]) {
      case kNumber:
        to = std::to_chars(to, to + 20, slots[slot++]).ptr;
        break;
      case kHex:
        to = WriteHex(to, slots[slot++], static_cast<unsigned>(pattern[++i] - kHexBias));
        break;
      case kUuid: {
        const std::uint64_t high = slots[slot++];
        const std::uint64_t low = slots[slot++];
        to = WriteHex(to, high >> 32, 8);
        *to++ = '-';
        to = WriteHex(to, high >> 16, 4);
        *to++ = '-';
        to = WriteHex(to, high, 4);
        *to++ = '-';
        to = WriteHex(to, low >> 48, 4);
        *to++ = '-';
        to = WriteHex(to, low, 12);
        break;
      }
      default:
        *to++ = pattern[i];
    }
  }
  assert(slot == slots.size());
  return static_cast<std::size_t>(to - out.data());
}

}  // namespace pugmark::engine
