// JSON objects of strings in parameters (`tags`, `query.attributes`), with the errors of Go's
// encoding/json, which Jaeger passes on to clients.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pugmark {

// json.Unmarshal into a map[string]string. The last of equal keys wins, null gives "" (and nothing
// at all for the whole), invalid UTF-8 becomes U+FFFD. Nesting is limited to 64 levels.
Result<std::map<std::string, std::string>> ParseGoStringMap(std::string_view json);

}  // namespace pugmark
