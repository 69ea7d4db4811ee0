// What every decoder does to a text that is not as it should be: cold paths, kept out of the
// decoders.
#pragma once

#include <string_view>

#include "common/base/utf8.h"
#include "common/model/span_batch.h"

namespace pugmark {

inline constexpr std::string_view kCutMarker = "...[truncated]";

// `text` cut to the batch's limit for values, at the start of a code point and with the marker at
// its end. Counted in the batch.
std::string_view CutText(SpanBatch& batch, std::string_view text);
// `bytes` cut to the same limit, without a marker.
std::string_view CutBytes(SpanBatch& batch, std::string_view bytes);
// `text` with invalid bytes replaced, in the batch's arena.
std::string_view RepairText(SpanBatch& batch, std::string_view text);

}  // namespace pugmark
