#include "query/api/http_router.h"

#include <utility>

namespace pugmark {
namespace {

// Splits off the part before the next '/'.
std::string_view TakePart(std::string_view& path) {
  const std::string_view part = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(path.size(), part.size() + 1));
  return part;
}

bool Matches(std::string_view pattern, std::string_view path, std::vector<std::string>& captured) {
  captured.clear();
  const bool pattern_ends_open = pattern.ends_with('/');
  if (pattern_ends_open != path.ends_with('/')) {
    return false;
  }
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = TakePart(pattern);
    const std::string_view part = TakePart(path);
    if (wanted.starts_with('{')) {
      if (part.empty()) {
        return false;
      }
      captured.emplace_back(part);
    } else if (wanted != part) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

void HttpRouter::Add(Route route) { routes_.push_back(std::move(route)); }

HttpRouter::Match HttpRouter::Find(std::string_view method, std::string_view path) const {
  Match match;
  for (const Route& route : routes_) {
    if (!Matches(route.pattern, path, match.captured)) {
      continue;
    }
    if (route.method == method || (method == "HEAD" && route.method == "GET")) {
      match.route = &route;
      return match;
    }
    match.allowed += (match.allowed.empty() ? "" : ", ") + route.method;
  }
  match.captured.clear();
  return match;
}

}  // namespace pugmark
