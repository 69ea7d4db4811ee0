// Takes the requests of the HTTP server to their handlers: routing, admission to the query workers,
// limits, metrics by route, and the answers for paths and methods that there are not.
#pragma once

#include <memory>
#include <string>

#include "common/metrics/metrics.h"
#include "query/api/http_router.h"
#include "query/service/query_workers.h"

namespace pugmark {

struct HttpFrontOptions {
  std::string prefix;  // of every path: "" or "/jaeger"
  std::chrono::nanoseconds request_timeout{0};
  std::size_t max_request_bytes = 0;
};

// Thread safety: Handle may be called concurrently, once all routes are there.
class HttpFront {
 public:
  // `workers` and `metrics` outlive it.
  HttpFront(HttpFrontOptions options, HttpRouter router, QueryWorkers& workers, Metrics& metrics);
  ~HttpFront();

  void Handle(HttpRequest&& request, HttpReply reply);

 private:
  class RouteMetrics;

  const Route* Fallback(const HttpRequest& request, HttpRouter::Match& match) const;
  // `allowed`: methods that the path has.
  void SendUnrouted(ApiCall&& call, const std::string& allowed) const;
  void RunOnWorker(const Route& route, ApiCall::Parts parts, HttpReply reply);

  const HttpFrontOptions options_;
  const HttpRouter router_;
  QueryWorkers& workers_;
  std::unique_ptr<RouteMetrics> metrics_;
};

}  // namespace pugmark
