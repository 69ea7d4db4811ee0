// Content-Type header values, with the errors of Go's mime package, which Jaeger's collector passes
// on to clients.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pugmark {

// The media type of `value` in lower case, without parameters (RFC 9110, section 8.3.1). Errors:
// "mime: no media type", "mime: expected slash after first token", "mime: expected token after
// slash", "mime: unexpected content after media subtype", "mime: invalid media parameter", "mime:
// duplicate parameter name".
Result<std::string> ParseMediaType(std::string_view value);

}  // namespace pugmark
