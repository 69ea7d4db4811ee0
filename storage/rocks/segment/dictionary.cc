#include "storage/rocks/segment/dictionary.h"

#include "storage/rocks/columnar/text_template.h"
#include "storage/rocks/segment/segment_format.h"

namespace pugmark::engine {
namespace {

bool DecodeTexts(ByteReader& in, BlockDecoder& decoder, std::vector<char>& bytes,
                 std::vector<std::string_view>& texts) {
  std::vector<std::uint32_t> sizes;
  if (!decoder.Integers(in, kMostChunkBytes, sizes) || !decoder.Block(in, kMostChunkBytes, bytes)) {
    return false;
  }
  std::string_view left(bytes.data(), bytes.size());
  for (const std::uint32_t size : sizes) {
    if (size > left.size()) {
      return false;
    }
    texts.push_back(left.substr(0, size));
    left.remove_prefix(size);
  }
  return left.empty();
}

}  // namespace

std::size_t Dictionary::bytes() const {
  return sizeof *this + numbers.capacity() * 8 +
         (texts.capacity() + patterns.capacity()) * sizeof(std::string_view) +
         text_bytes.capacity() + pattern_bytes.capacity() + pattern_slots.capacity();
}

Result<Dictionary> DecodeDictionary(std::string_view chunk, BlockDecoder& decoder, bool is_number,
                                    std::uint32_t size) {
  ByteReader in(chunk);
  Dictionary dictionary;
  bool ok = in.Byte() == kSegmentVersion;
  if (is_number) {
    ok = ok && decoder.Integers(in, size, dictionary.numbers) && dictionary.numbers.size() == size;
  } else {
    ok = ok && DecodeTexts(in, decoder, dictionary.text_bytes, dictionary.texts) &&
         dictionary.texts.size() == size &&
         DecodeTexts(in, decoder, dictionary.pattern_bytes, dictionary.patterns);
    for (const std::string_view pattern : dictionary.patterns) {
      const std::optional<unsigned> slots = CountTemplateSlots(pattern);
      ok = ok && slots.has_value();
      dictionary.pattern_slots.push_back(static_cast<std::uint8_t>(slots.value_or(0)));
    }
  }
  if (!ok || !in.Complete()) {
    return Error{ErrorCode::kDataLoss, "segment dictionary is malformed"};
  }
  return dictionary;
}

}  // namespace pugmark::engine
