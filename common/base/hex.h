// Lower-case hexadecimal text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pugmark {

// Writes exactly 16 digits of `value` to `out`.
void WriteHex16(std::uint64_t value, char* out);

// 16 digits, "%016x".
std::string Hex16(std::uint64_t value);

// Two digits per byte.
std::string HexBytes(std::string_view bytes);

// Parses 1 to 16 digits of either case. False, leaving `value`, for anything else.
bool ParseHex(std::string_view text, std::uint64_t& value);

}  // namespace pugmark
