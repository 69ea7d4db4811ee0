// Cross-origin requests of browsers (fetch.spec.whatwg.org, section 3.3): what OTLP and Zipkin over
// HTTP answer to scripts of other origins.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/config.h"
#include "common/net/http.h"

namespace pugmark {

// Thread safety: all methods may be called concurrently.
class Cors {
 public:
  explicit Cors(CorsConfig config);

  // The answer to a browser's question before its request; nothing for any other request.
  [[nodiscard]] std::optional<HttpResponse> Preflight(const HttpRequest& request) const;
  // What the answer to `request` has to carry.
  [[nodiscard]] std::vector<HttpHeader> HeadersFor(const HttpRequest& request) const;

 private:
  [[nodiscard]] bool AllowsOrigin(std::string_view origin) const;
  [[nodiscard]] bool AllowsHeaders(std::string_view list) const;
  // What lets `origin` read an answer.
  [[nodiscard]] std::vector<HttpHeader> AllowingHeaders(std::string_view origin) const;

  CorsConfig config_;
  bool any_origin_ = false;
  bool any_header_ = false;
};

}  // namespace pugmark
