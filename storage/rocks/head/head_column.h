// One column of a head: the dictionary of its values, and the values that are kept outside of it
// because there are too many different ones ("plain").
//
// A value is a 32-bit code: a dictionary number, or kPlainBit and where its plain words begin:
//   number          the 64 bits
//   template text   pattern number | token hash | slots
//   raw text        kRawWord and raw number | token hash
//
// Thread safety: as of a container.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "storage/rocks/columnar/byte_io.h"
#include "storage/rocks/columnar/schema.h"
#include "storage/rocks/head/hash_index.h"

namespace pugmark::engine {

inline constexpr std::uint32_t kPlainBit = 0x80000000U;
inline constexpr std::uint32_t kNoCode = 0xffffffffU;
inline constexpr std::uint64_t kRawWord = std::uint64_t{1} << 32;

// Texts by number, each once. The texts live in the head's arena.
class TextTable {
 public:
  [[nodiscard]] std::uint32_t Find(std::string_view text, std::uint64_t hash) const {
    return index_.Find(hash, [&](std::uint32_t n) { return SameText(texts_[n], text); });
  }
  std::uint32_t Add(std::string_view text, std::uint64_t hash) {
    const auto number = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(text);
    index_.Add(hash, number);
    return number;
  }
  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t n) const { return texts_[n]; }
  [[nodiscard]] std::span<const std::string_view> texts() const { return texts_; }
  [[nodiscard]] std::size_t bytes() const {
    return texts_.capacity() * sizeof(std::string_view) + index_.bytes();
  }

 private:
  std::vector<std::string_view> texts_;
  HashIndex index_;
};

std::uint64_t HashText(std::string_view text);

// What the token filter knows a key and a text value by.
[[nodiscard]] inline std::uint64_t TokenHash(std::uint64_t key_hash, std::uint64_t text_hash) {
  return key_hash ^ text_hash;
}

class HeadColumn {
 public:
  explicit HeadColumn(const ColumnInfo& column)
      : info(column), key_hash(HashText(column.key)), is_number(IsNumber(column.type)) {}

  [[nodiscard]] std::size_t dictionary_size() const {
    return is_number ? numbers.size() : texts.size();
  }
  [[nodiscard]] std::uint32_t FindNumber(std::uint64_t bits) const {
    return number_index.Find(Mix(bits + 1), [&](std::uint32_t n) { return numbers[n] == bits; });
  }
  std::uint32_t AddNumber(std::uint64_t bits) {
    const auto number = static_cast<std::uint32_t>(numbers.size());
    numbers.push_back(bits);
    number_index.Add(Mix(bits + 1), number);
    return number;
  }
  // Each returns the code.
  std::uint32_t AddPlainNumber(std::uint64_t bits) {
    const std::uint32_t code = NextPlainCode();
    words.push_back(bits);
    return code;
  }
  std::uint32_t AddPlainTemplate(std::uint32_t pattern, std::uint64_t token,
                                 std::span<const std::uint64_t> slots) {
    const std::uint32_t code = NextPlainCode();
    words.push_back(pattern);
    words.push_back(token);
    words.insert(words.end(), slots.begin(), slots.end());
    return code;
  }
  std::uint32_t AddPlainRaw(std::string_view text, std::uint64_t token) {
    const std::uint32_t code = NextPlainCode();
    words.push_back(kRawWord | raws.size());
    words.push_back(token);
    raws.push_back(text);
    return code;
  }
  std::uint32_t AddPattern(std::string_view pattern, std::uint64_t hash, unsigned slots) {
    pattern_slots.push_back(static_cast<std::uint8_t>(slots));
    return patterns.Add(pattern, hash);
  }

  [[nodiscard]] std::size_t bytes() const {
    return texts.bytes() + patterns.bytes() + number_index.bytes() +
           (numbers.capacity() + words.capacity()) * sizeof(std::uint64_t) +
           raws.capacity() * sizeof(std::string_view) + pattern_slots.capacity() + sizeof *this;
  }

  const ColumnInfo info;
  const std::uint64_t key_hash;
  const bool is_number;
  bool is_plain = false;  // new values no longer enter the dictionary
  TextTable texts;
  std::vector<std::uint64_t> numbers;
  HashIndex number_index;
  TextTable patterns;
  std::vector<std::uint8_t> pattern_slots;
  std::vector<std::uint64_t> words;
  std::vector<std::string_view> raws;
  // What the decision to go plain rests on.
  std::uint64_t occurrences = 0;
  std::uint64_t misses = 0;
  std::size_t dictionary_bytes = 0;
  std::uint32_t last_code = kNoCode;

 private:
  [[nodiscard]] std::uint32_t NextPlainCode() const {
    return kPlainBit | static_cast<std::uint32_t>(words.size());
  }
};

}  // namespace pugmark::engine
