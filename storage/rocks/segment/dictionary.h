// The dictionary of one column of a segment, as read back.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "storage/rocks/columnar/plane_codec.h"

namespace pugmark::engine {

// Immutable once decoded. Owns its texts.
struct Dictionary {
  std::vector<std::uint64_t> numbers;
  std::vector<std::string_view> texts;
  std::vector<std::string_view> patterns;
  std::vector<std::uint8_t> pattern_slots;
  std::vector<char> text_bytes;
  std::vector<char> pattern_bytes;

  [[nodiscard]] std::size_t bytes() const;
};

// `size` is what the schema says of the dictionary's size.
Result<Dictionary> DecodeDictionary(std::string_view chunk, BlockDecoder& decoder, bool is_number,
                                    std::uint32_t size);

}  // namespace pugmark::engine
