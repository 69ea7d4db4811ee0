// Splits a command line into flags and their values, by the rules of Go's pflag package that
// Jaeger's users know: --flag=value, --flag value, --boolean, --boolean=false.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace pugmark {

enum class FlagKind { kUnknown, kBoolean, kWithValue };

// The flags in their order, "--" removed. Errors (kNotFound, whatever is wrong with the words
// themselves): an unknown flag, a flag without its value, a word that is no flag.
Result<std::vector<std::pair<std::string, std::string>>> ParseCommandLine(
    const std::vector<std::string>& arguments,
    const std::function<FlagKind(std::string_view)>& kind_of,
    const std::vector<std::string_view>& known_names);

// The name of `known` that takes the fewest edits to reach from `name`; "" without any.
std::string_view NearestName(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace pugmark
