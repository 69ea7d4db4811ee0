// Finds the handler of a request by method and path.
//
// Patterns are matched against the path as it was sent, so that an encoded '/' stays inside its
// part: "/api/services/{service}/operations" captures "a%2Fb".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/api/api_call.h"

namespace pugmark {

enum class RunOn {
  kWorker,  // reads the store
  kIo,      // answers from memory, at once
};

struct Route {
  std::string method;
  std::string pattern;  // below the base path; also the `http_route` label of the metrics
  RunOn run_on = RunOn::kWorker;
  std::function<void(ApiCall&&)> handle;
};

class HttpRouter {
 public:
  void Add(Route route);
  // Takes every path that no route has.
  void SetFallback(Route route) { fallback_ = std::move(route); }

  struct Match {
    const Route* route = nullptr;       // null: see `allowed`
    std::vector<std::string> captured;  // of the pattern's {parts}
    std::string allowed;  // methods of the path where this one has none; "" for no path
  };
  // HEAD finds the routes of GET.
  [[nodiscard]] Match Find(std::string_view method, std::string_view path) const;

  // Null for none.
  [[nodiscard]] const Route* fallback() const { return fallback_ ? &*fallback_ : nullptr; }
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
  std::optional<Route> fallback_;
};

}  // namespace pugmark
