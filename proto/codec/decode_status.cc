#include "proto/codec/decode_status.h"

#include <string>

namespace pugmark {

std::string_view DecodeErrorName(DecodeError error) {
  switch (error) {
    case DecodeError::kNone:
      return "none";
    case DecodeError::kTruncated:
      return "truncated";
    case DecodeError::kMalformed:
      return "malformed";
    case DecodeError::kBadId:
      return "bad_id";
    case DecodeError::kBadUtf8:
      return "bad_utf8";
    case DecodeError::kTooDeep:
      return "too_deep";
    case DecodeError::kTooManySpans:
      return "too_many_spans";
    case DecodeError::kTooLarge:
      return "too_large";
    case DecodeError::kUnknownMethod:
      return "unknown_method";
  }
  return "unknown";
}

Error ToError(DecodeStatus status) {
  const bool over_limit =
      status.error == DecodeError::kTooManySpans || status.error == DecodeError::kTooLarge;
  return {
      over_limit ? ErrorCode::kResourceExhausted : ErrorCode::kInvalidArgument,
      std::string(DecodeErrorName(status.error)) + " at byte " + std::to_string(status.position)};
}

}  // namespace pugmark
