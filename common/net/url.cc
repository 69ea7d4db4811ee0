#include "common/net/url.h"

#include <algorithm>

#include "common/base/go_number.h"
#include "common/base/hex.h"

namespace pugmark {

Result<std::string> UrlDecode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      std::uint64_t byte = 0;
      if (i + 2 >= text.size() || !ParseHex(text.substr(i + 1, 2), byte)) {
        return InvalidArgument("invalid URL escape " + GoQuote(text.substr(i, 3)));
      }
      decoded.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' && plus_is_space ? ' ' : text[i]);
    }
  }
  return decoded;
}

std::string UrlEncode(std::string_view text) {
  constexpr std::string_view kUnreserved =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
  std::string encoded;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      encoded.push_back(c);
    } else {
      encoded.push_back('%');
      encoded += HexBytes(std::string_view(&c, 1));
    }
  }
  return encoded;
}

QueryParameters QueryParameters::Parse(std::string_view query) {
  QueryParameters parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty() || pair.find(';') != std::string_view::npos) {
      continue;
    }
    const std::size_t equals = pair.find('=');
    auto name = UrlDecode(pair.substr(0, equals), true);
    auto value = UrlDecode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (name.ok() && value.ok()) {
      parameters.pairs_.emplace_back(*std::move(name), *std::move(value));
    }
  }
  return parameters;
}

std::string_view QueryParameters::Get(std::string_view name) const {
  const auto found = std::find_if(pairs_.begin(), pairs_.end(),
                                  [name](const auto& pair) { return pair.first == name; });
  return found == pairs_.end() ? std::string_view() : std::string_view(found->second);
}

bool QueryParameters::Has(std::string_view name) const {
  return std::any_of(pairs_.begin(), pairs_.end(),
                     [name](const auto& pair) { return pair.first == name; });
}

std::vector<std::string_view> QueryParameters::All(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : pairs_) {
    if (key == name) {
      values.emplace_back(value);
    }
  }
  return values;
}

}  // namespace pugmark
