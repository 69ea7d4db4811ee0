#include "proto/codec/text_limits.h"

#include <string>

namespace pugmark {

std::string_view CutText(SpanBatch& batch, std::string_view text) {
  ++batch.cut_values;
  const std::size_t limit = batch.limits().max_value_bytes;
  std::size_t keep = limit > kCutMarker.size() ? limit - kCutMarker.size() : 0;
  while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xc0) == 0x80) {
    --keep;
  }
  std::string cut(text.substr(0, keep));
  cut += kCutMarker.substr(0, limit - keep);
  return batch.Intern(cut);
}

std::string_view CutBytes(SpanBatch& batch, std::string_view bytes) {
  ++batch.cut_values;
  return bytes.substr(0, batch.limits().max_value_bytes);
}

std::string_view RepairText(SpanBatch& batch, std::string_view text) {
  return batch.Intern(RepairUtf8(text));
}

}  // namespace pugmark
