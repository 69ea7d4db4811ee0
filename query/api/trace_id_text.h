// Trace ids as clients write them.
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "common/model/ids.h"

namespace pugmark {

// 1 to 32 hexadecimal digits of either case, up to 16 of them being the low half; or the base64
// (standard or URL alphabet, padded or not) of 8 or 16 bytes. Errors are those of Jaeger 1.76.
Result<TraceId> ParseTraceIdText(std::string_view text);

}  // namespace pugmark
