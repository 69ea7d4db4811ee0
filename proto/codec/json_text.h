// Pieces of JSON text as Go's encoding/json writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/model/attribute.h"

namespace pugmark {

// Appends `text` in quotes: `<`, `>`, `&`, control characters, U+2028 and U+2029 are escaped,
// invalid UTF-8 becomes U+FFFD.
void AppendGoJsonString(std::string& out, std::string_view text);

void AppendInteger(std::string& out, std::int64_t value);
void AppendUnsigned(std::string& out, std::uint64_t value);

// The shortest text that reads back the same, without an exponent from 1e-6 up to 1e21. NaN and
// infinities, which Go cannot write, become the strings "NaN", "Infinity", "-Infinity".
void AppendDouble(std::string& out, double value);

// A value as a JSON text: arrays and maps whole, bytes in base64.
void AppendValueJson(std::string& out, const Value& value);

// Standard base64 with padding, without quotes.
void AppendBase64(std::string& out, std::string_view bytes);

}  // namespace pugmark
