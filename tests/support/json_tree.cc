#include "tests/support/json_tree.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace pugmark::testing {
namespace {

constexpr int kMaxDepth = 64;

bool HasSurrogateEscape(std::string_view text) {
  for (std::size_t i = 0; i + 3 < text.size(); ++i) {
    if (text[i] == '\\' && text[i + 1] == 'u' && (text[i + 2] | 0x20) == 'd' &&
        std::string_view("89abcdefABCDEF").find(text[i + 3]) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

// The tree's parser takes -0 for an integer and loses the sign.
bool HasNegativeZero(std::string_view text) {
  for (std::size_t at = text.find("-0"); at != std::string_view::npos;
       at = text.find("-0", at + 2)) {
    const char next = at + 2 < text.size() ? text[at + 2] : ' ';
    if (next != '.' && next != 'e' && next != 'E') {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<JsonTree> ParseTree(std::string_view text, bool& incomparable) {
  using Event = JsonTree::parse_event_t;
  std::vector<std::set<std::string>> keys;
  bool too_deep = false;
  const auto watch = [&](int depth, Event event, JsonTree& parsed) {
    too_deep |= depth >= kMaxDepth && (event == Event::object_start || event == Event::array_start);
    if (event == Event::object_start) {
      keys.emplace_back();
    } else if (event == Event::object_end) {
      keys.pop_back();
    } else if (event == Event::key) {
      incomparable |= !keys.back().insert(parsed.get<std::string>()).second;
    }
    return true;
  };
  incomparable |= HasSurrogateEscape(text) || HasNegativeZero(text);
  JsonTree tree = JsonTree::parse(text, watch, false);
  if (tree.is_discarded() || too_deep) {
    return std::nullopt;
  }
  return tree;
}

}  // namespace pugmark::testing
