#include "collector/receiver/cors.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace pugmark {
namespace {

std::string ToLower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// A pattern in lower case with at most one '*', which stands for any text.
bool Matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    return pattern == text;
  }
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  return text.size() >= before.size() + after.size() && text.starts_with(before) &&
         text.ends_with(after);
}

bool Contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

Cors::Cors(CorsConfig config) : config_(std::move(config)) {
  for (auto* const list : {&config_.allowed_origins, &config_.allowed_headers}) {
    std::transform(list->begin(), list->end(), list->begin(), ToLower);
  }
  any_origin_ = Contains(config_.allowed_origins, "*");
  any_header_ = Contains(config_.allowed_headers, "*");
  for (const char* const name : {"origin", "accept", "content-type", "x-requested-with"}) {
    config_.allowed_headers.emplace_back(name);
  }
}

bool Cors::AllowsOrigin(std::string_view origin) const {
  const std::string lower = ToLower(origin);
  return std::any_of(config_.allowed_origins.begin(), config_.allowed_origins.end(),
                     [&](const std::string& pattern) { return Matches(pattern, lower); });
}

bool Cors::AllowsHeaders(std::string_view list) const {
  while (!any_header_ && !list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string name = ToLower(Trim(list.substr(0, comma)));
    if (!name.empty() && !Contains(config_.allowed_headers, name)) {
      return false;
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return true;
}

std::vector<HttpHeader> Cors::AllowingHeaders(std::string_view origin) const {
  if (any_origin_) {  // credentials are never for everyone
    return {{"Access-Control-Allow-Origin", "*"}};
  }
  return {{"Access-Control-Allow-Origin", std::string(origin)},
          {"Access-Control-Allow-Credentials", "true"}};
}

std::optional<HttpResponse> Cors::Preflight(const HttpRequest& request) const {
  const std::string_view method = request.Header("Access-Control-Request-Method");
  if (config_.allowed_origins.empty() || request.method != "OPTIONS" || method.empty()) {
    return std::nullopt;
  }
  HttpResponse response;
  response.status = 204;
  const std::string_view origin = request.Header("Origin");
  const std::string_view headers = request.Header("Access-Control-Request-Headers");
  if (AllowsOrigin(origin) && method == "POST" && AllowsHeaders(headers)) {
    response.headers = AllowingHeaders(origin);
    response.headers.emplace_back("Access-Control-Allow-Methods", "POST");
    if (!headers.empty()) {
      response.headers.emplace_back("Access-Control-Allow-Headers", headers);
    }
  }
  response.headers.emplace_back(
      "Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  return response;
}

std::vector<HttpHeader> Cors::HeadersFor(const HttpRequest& request) const {
  if (config_.allowed_origins.empty()) {
    return {};
  }
  const std::string_view origin = request.Header("Origin");
  std::vector<HttpHeader> headers;
  if (!origin.empty() && AllowsOrigin(origin)) {
    headers = AllowingHeaders(origin);
  }
  headers.emplace_back("Vary", "Origin");
  return headers;
}

}  // namespace pugmark
