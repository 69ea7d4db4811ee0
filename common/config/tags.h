// The value of agent.tags and collector.tags (reference 1.4): k1=v1,k2=${ENV},k3=${ENV:default}.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace pugmark {

// kInvalidArgument for a pair without '='. A tag whose variable is unset and has no default is left
// out.
Result<std::vector<std::pair<std::string, std::string>>> ParseTags(
    std::string_view text, const std::map<std::string, std::string>& environment);

}  // namespace pugmark
