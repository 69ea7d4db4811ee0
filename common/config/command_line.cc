#include "common/config/command_line.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "common/base/go_number.h"

namespace pugmark {
namespace {

// Levenshtein's distance, a row of the table at a time.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

Error UsageError(std::string message) { return {ErrorCode::kNotFound, std::move(message)}; }

Error UnexpectedWord(std::string_view word) {
  std::string message = "unexpected argument " + GoQuote(word);
  if (word == "true" || word == "false") {
    message += " (a boolean is given as --flag=" + std::string(word) + ")";
  } else if (word.size() > 1 && word.front() == '-') {
    message += " (flags begin with two dashes)";
  }
  return UsageError(std::move(message));
}

Error UnknownFlag(std::string_view name, const std::vector<std::string_view>& known) {
  std::string message = "unknown flag --" + std::string(name);
  if (const std::string_view nearest = NearestName(name, known); !nearest.empty()) {
    message += " (did you mean --" + std::string(nearest) + "?)";
  }
  return UsageError(std::move(message));
}

}  // namespace

std::string_view NearestName(std::string_view name, const std::vector<std::string_view>& known) {
  constexpr std::size_t kLongestCompared = 256;  // a longer word is no typing error
  std::string_view nearest;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const std::string_view candidate : known) {
    const std::size_t distance = EditDistance(name.substr(0, kLongestCompared), candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

Result<std::vector<std::pair<std::string, std::string>>> ParseCommandLine(
    const std::vector<std::string>& arguments,
    const std::function<FlagKind(std::string_view)>& kind_of,
    const std::vector<std::string_view>& known_names) {
  std::vector<std::pair<std::string, std::string>> flags;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (word == "--" && i + 1 == arguments.size()) {
      break;
    }
    if (!word.starts_with("--") || word == "--") {
      return UnexpectedWord(word == "--" ? arguments[i + 1] : arguments[i]);
    }
    word.remove_prefix(2);
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const FlagKind kind = kind_of(name);
    if (kind == FlagKind::kUnknown) {
      return UnknownFlag(name, known_names);
    }
    if (equals != std::string_view::npos) {
      flags.emplace_back(name, word.substr(equals + 1));
    } else if (kind == FlagKind::kBoolean) {
      flags.emplace_back(name, "true");
    } else if (i + 1 < arguments.size()) {
      flags.emplace_back(name, arguments[++i]);
    } else {
      return UsageError("flag --" + std::string(name) + " needs a value");
    }
  }
  return flags;
}

}  // namespace pugmark
