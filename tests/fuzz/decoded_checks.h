// What must hold for whatever a decoder has accepted, and must not crash: shared by the fuzz
// targets. A violation aborts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/model/span_batch.h"
#include "proto/codec/decode_status.h"

namespace pugmark::fuzz {

[[nodiscard]] inline std::string ToBytes(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// After an error: its position lies in the bytes and no span is left. After a success: the limits
// hold, and the encoders read every byte that the spans refer to; what they write of spans with
// valid UTF-8 is decoded again.
void CheckDecoded(SpanBatch& batch, DecodeStatus status);

}  // namespace pugmark::fuzz
