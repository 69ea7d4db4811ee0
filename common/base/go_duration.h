// Durations as Go's time package writes and reads them ("1m30s", "1.5ms"), since Jaeger's flags,
// parameters and warnings use that text.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"

namespace pugmark {

// As time.ParseDuration, with its error texts: `time: invalid duration "x"`, `time: missing unit in
// duration "5"`, `time: unknown unit "parsecs" in duration "5parsecs"`.
Result<Nanoseconds> ParseGoDuration(std::string_view text);

// As time.Duration.String: "0s", "1.5ms", "72h0m0s".
std::string FormatGoDuration(Nanoseconds duration);

}  // namespace pugmark
