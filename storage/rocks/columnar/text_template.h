// Splits a text with numbers and ids in it into a pattern that many texts share and the numbers
// that they do not: "/users/48213/cart?session=0f3a99c1" is a pattern with two slots. Numbers are a
// quarter of the size of their digits, and columns of them compress.
//
// Placeholders in a pattern: 0x01 decimal number, 0x02 n lower-case hexadecimal number of n - 4
// digits, 0x03 UUID (two slots). Texts with bytes below 4 are therefore not split.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace pugmark::engine {

inline constexpr std::size_t kMostTemplateText = 400;
inline constexpr unsigned kMostTemplateSlots = 32;
// No text of a valid pattern is longer.
inline constexpr std::size_t kMostJoinedText =
    kMostTemplateText + std::size_t{36} * kMostTemplateSlots;

struct SplitText {
  std::array<char, kMostTemplateText> pattern;
  std::array<std::uint64_t, kMostTemplateSlots> slots;
  std::size_t pattern_size = 0;
  unsigned slot_count = 0;

  [[nodiscard]] std::string_view pattern_view() const { return {pattern.data(), pattern_size}; }
  [[nodiscard]] std::span<const std::uint64_t> slot_view() const {
    return {slots.data(), slot_count};
  }
};

// False where the text has no slot or cannot be split. Joining what it gives yields `text` again.
bool SplitIntoTemplate(std::string_view text, SplitText& out);

// The slots of a pattern; nothing for one that no text can have given.
std::optional<unsigned> CountTemplateSlots(std::string_view pattern);

// Writes the text of a pattern that CountTemplateSlots accepts, with as many slots as it says, and
// returns its size.
std::size_t JoinTemplate(std::string_view pattern, std::span<const std::uint64_t> slots,
                         std::array<char, kMostJoinedText>& out);

}  // namespace pugmark::engine
