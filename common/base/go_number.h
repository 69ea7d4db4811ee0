// Number parsing with the error texts of Go's strconv package, which Jaeger's HTTP API passes on to
// clients.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pugmark {

// `text` in double quotes with Go's escapes, strconv.Quote.
std::string GoQuote(std::string_view text);

// strconv.ParseInt(text, 10, bits). Errors: `strconv.ParseInt: parsing "x": invalid syntax`, `...:
// value out of range`.
Result<std::int64_t> ParseGoInt(std::string_view text, int bits = 64);

// strconv.ParseUint(text, 16, 64), as trace ids are read.
Result<std::uint64_t> ParseGoHex(std::string_view text);

// strconv.ParseFloat(text, 64).
Result<double> ParseGoFloat(std::string_view text);

// strconv.ParseBool.
Result<bool> ParseGoBool(std::string_view text);

}  // namespace pugmark
