// UTF-8 validation (RFC 3629) and repair.
#pragma once

#include <string>
#include <string_view>

namespace pugmark {

// Fast for ASCII; rejects overlong forms, surrogates and code points above U+10FFFF.
[[nodiscard]] bool IsValidUtf8(std::string_view text);

// `text` with every invalid byte replaced by U+FFFD, as Go's encoding/json writes it.
[[nodiscard]] std::string RepairUtf8(std::string_view text);

}  // namespace pugmark
