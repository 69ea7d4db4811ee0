// What a decoder reports: nothing is formatted and nothing thrown on the hot path, only a reason
// and a position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/result.h"

namespace pugmark {

enum class DecodeError : std::uint8_t {
  kNone,
  kTruncated,      // ends inside a value
  kMalformed,      // not the format: bad type, bad varint, bad header
  kBadId,          // an id of the wrong length
  kBadUtf8,        // where the format promises UTF-8
  kTooDeep,        // nested beyond the limit
  kTooManySpans,   // beyond BatchLimits::max_spans
  kTooLarge,       // the arena limit of the batch was reached
  kUnknownMethod,  // a Thrift message that is no emitBatch
};
inline constexpr std::size_t kDecodeErrors = 9;  // kNone included

struct [[nodiscard]] DecodeStatus {
  DecodeError error = DecodeError::kNone;
  std::size_t position = 0;  // offset of the first error in the wire bytes

  [[nodiscard]] bool ok() const { return error == DecodeError::kNone; }
};

// A label value for metrics, "truncated", "malformed", ...
std::string_view DecodeErrorName(DecodeError error);

// "truncated at byte 17": for replies and logs.
Error ToError(DecodeStatus status);

}  // namespace pugmark
