#include "deploy/tracegen/span_content.h"

#include <array>
#include <charconv>
#include <string>

#include "common/base/hex.h"

namespace pugmark::tracegen {
namespace {

// Keys and values of filler attributes, made once.
template <std::size_t kCount>
std::array<std::string, kCount> Numbers(std::string_view stem) {
  std::array<std::string, kCount> texts;
  for (std::size_t i = 0; i < kCount; ++i) {
    texts[i] = std::string(stem) + (i < 10 ? "0" : "") + std::to_string(i);
  }
  return texts;
}

}  // namespace

std::string_view AttributeList::Join(std::string_view prefix, std::string_view suffix) {
  char* const text = arena_.Allocate<char>(prefix.size() + suffix.size());
  if (text == nullptr) {
    return {};
  }
  prefix.copy(text, prefix.size());
  suffix.copy(text + prefix.size(), suffix.size());
  return {text, prefix.size() + suffix.size()};
}

void AttributeList::Numbered(std::string_view key, std::string_view prefix, std::uint64_t number) {
  if (full()) {
    return;
  }
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  Text(key, Join(prefix, {digits.data(), static_cast<std::size_t>(end - digits.data())}));
}

void AttributeList::Hex(std::string_view key, std::string_view prefix, std::uint64_t number) {
  if (!full()) {
    Text(key, Join(prefix, Hex16(number)));
  }
}

void AttributeList::Fill(Random& random) {
  static const auto keys = Numbers<1'000>("attr.");
  static const auto values = Numbers<50>("value-");
  for (std::size_t i = 0; !full() && values_ != nullptr; ++i) {
    Text(keys[i % keys.size()], values[random.Below(values.size())]);
  }
}

}  // namespace pugmark::tracegen
