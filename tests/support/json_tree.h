// Parsing for the JSON oracles.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace pugmark::testing {

// With the members of objects in the order of the text.
using JsonTree = nlohmann::ordered_json;

// What an oracle throws for a document that it does not take.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The document; nothing where it is malformed or nested deeper than 64 levels. `incomparable`: see
// JsonVerdict.
std::optional<JsonTree> ParseTree(std::string_view text, bool& incomparable);

}  // namespace pugmark::testing
