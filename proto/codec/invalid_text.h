// What becomes of OTLP texts that are no UTF-8 (see otlp_decoder.h): cold paths, kept out of the
// decoder.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/model/attribute.h"
#include "common/model/span_batch.h"

namespace pugmark {

inline constexpr std::string_view kInvalidSpanName = "invalid-span-name";

// Whether key and value, nested ones included, are UTF-8 throughout.
[[nodiscard]] bool HasValidText(const Attribute& attribute);

// As Jaeger's sanitizer: an invalid value becomes bytes, an invalid key "invalid-tag-key-N" with
// the bytes of "key:value". N counts on in `invalid_keys`, from 1 in each list.
void TurnInvalidIntoBytes(SpanBatch& batch, Attribute& attribute, std::uint32_t& invalid_keys);

// Replaces invalid bytes of key and value.
void ReplaceInvalid(SpanBatch& batch, Attribute& attribute);

}  // namespace pugmark
