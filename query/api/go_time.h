// Times in RFC 3339 as Go's time package reads them, with its error texts, which Jaeger passes on.
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"

namespace pugmark {

// time.Parse(time.RFC3339Nano, text). Years that do not fit saturate.
Result<UnixTime> ParseGoRfc3339(std::string_view text);

}  // namespace pugmark
