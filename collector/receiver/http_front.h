// What the HTTP receivers share: the server with its limits, the byte budget of bodies, the
// durations of requests, and cross-origin requests.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/config.h"
#include "collector/pipeline/intake.h"
#include "collector/receiver/cors.h"
#include "collector/receiver/http_durations.h"
#include "common/net/http.h"

namespace pugmark {

// What the HTTP servers of a process share; all of it outlives them.
struct HttpFrontContext {
  IoRuntime& runtime;
  Metrics& metrics;
  LimitHits& hits;
  std::size_t max_body_bytes;
};

struct HttpFrontOptions {
  std::string_view name;  // "collector.http-server"
  CollectorHttpConfig server;
  CorsConfig cors;
  bool keep_alive = true;
  std::vector<std::string> paths;  // that count by name in the metrics
  // Whether the body of a request is spans, which the byte budget has to hold.
  std::function<bool(const HttpRequest&)> has_spans;
  // The answer to such a request that the budget cannot hold.
  std::function<HttpResponse(const HttpRequest&)> not_admitted;
};

class HttpFront {
 public:
  // `handler` gets what CORS leaves. `intake` outlives the front.
  static Result<std::unique_ptr<HttpFront>> Start(const HttpFrontContext& context,
                                                  HttpFrontOptions options, Intake& intake,
                                                  HttpHandler handler);

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  void Stop(std::chrono::steady_clock::time_point deadline) { server_->Stop(deadline); }

  // The body of a request with spans, with what it holds of the byte budget.
  static Intake::Message TakeMessage(HttpRequest& request);

 private:
  class WatchedSink;

  HttpFront(Metrics& metrics, HttpFrontOptions options, Intake& intake, HttpHandler handler);
  std::optional<HttpResponse> Admit(HttpRequest& request, std::uint64_t body_bytes);
  void Handle(HttpRequest&& request, HttpReply reply);

  const HttpFrontOptions options_;
  Intake& intake_;
  const HttpHandler handler_;
  const HttpDurations durations_;
  const Cors cors_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace pugmark
