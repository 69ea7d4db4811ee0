// Bodies that were sent compressed (RFC 9110, section 8.4.1): gzip, zlib, deflate, zstd.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pugmark {

// What a body may become (design section 13): bytes, and times its size once it is beyond
// `free_bytes`.
struct DecodingLimits {
  std::size_t max_bytes = std::size_t{20} << 20;
  std::size_t max_ratio = 200;
  std::size_t free_bytes = std::size_t{64} << 10;

  // The most bytes that `encoded_bytes` may become.
  [[nodiscard]] std::size_t MostBytes(std::size_t encoded_bytes) const;
};

// True for "" and "identity": the body is what it is.
[[nodiscard]] bool IsIdentity(std::string_view encoding);

// `body` decoded as the Content-Encoding header `encoding` says; at most one encoding. Never holds
// more than the limits allow. kInvalidArgument: `unsupported Content-Encoding: br`, or not that
// format; kResourceExhausted: beyond a limit.
Result<std::string> DecodeContent(std::string_view encoding, std::string_view body,
                                  const DecodingLimits& limits);

}  // namespace pugmark
