// A variable that an option sets: how its text is read and shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/host_port.h"

namespace pugmark {

// A list whose values may hold commas themselves.
struct RepeatableTarget {
  std::vector<std::string>* values;
};

using OptionTarget =
    std::variant<std::string*, bool*, int*, std::int64_t*, std::size_t*, double*, Nanoseconds*,
                 HostPort*, std::vector<std::string>*, RepeatableTarget>;

// The word after the flag's name in the help text; "" for a boolean, which needs no value.
std::string_view OptionTypeName(const OptionTarget& target);
[[nodiscard]] bool IsList(const OptionTarget& target);
// The value as the command line would take it.
std::string FormatOption(const OptionTarget& target);
// Lists take all `values`, others the last one. On an error the target keeps its value, and the
// message says what was wanted only: the value may be a secret.
Status SetOption(const OptionTarget& target, const std::vector<std::string>& values);

}  // namespace pugmark
