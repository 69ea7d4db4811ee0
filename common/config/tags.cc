#include "common/config/tags.h"

#include <algorithm>
#include <optional>

#include "common/base/go_number.h"

namespace pugmark {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The value of ${NAME} or ${NAME:default}; nothing when the tag is left out. A variable that is set
// to nothing counts as unset.
std::optional<std::string> Expand(std::string_view value,
                                  const std::map<std::string, std::string>& environment) {
  if (!value.starts_with("${") || !value.ends_with('}')) {
    return std::string(value);
  }
  const std::string_view inside = value.substr(2, value.size() - 3);
  const std::size_t colon = inside.find(':');
  const auto found = environment.find(std::string(inside.substr(0, colon)));
  if (found != environment.end() && !found->second.empty()) {
    return found->second;
  }
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(inside.substr(colon + 1));
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> ParseTags(
    std::string_view text, const std::map<std::string, std::string>& environment) {
  std::vector<std::pair<std::string, std::string>> tags;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view pair = text.substr(0, comma);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || (comma == text.size() - 1)) {
      return InvalidArgument("invalid Jaeger tag pair, want key=value, got " +
                             GoQuote(equals == std::string_view::npos ? pair : ""));
    }
    const std::string key(Trim(pair.substr(0, equals)));
    auto value = Expand(Trim(pair.substr(equals + 1)), environment);
    if (value.has_value()) {
      const auto same =
          std::find_if(tags.begin(), tags.end(), [&](const auto& tag) { return tag.first == key; });
      if (same == tags.end()) {
        tags.emplace_back(key, *std::move(value));
      } else {
        same->second = *std::move(value);
      }
    }
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return tags;
}

}  // namespace pugmark
