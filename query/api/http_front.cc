#include "query/api/http_front.h"

#include <map>
#include <mutex>
#include <utility>

#include "query/api/json_reply.h"

namespace pugmark {
namespace {

constexpr std::string_view kNoRoute = "unmatched";

HttpResponse PlainResponse(int status, std::string body) {
  return {.status = status,
          .headers = {{"X-Content-Type-Options", "nosniff"}},
          .content_type = "text/plain; charset=utf-8",
          .body = std::move(body)};
}

bool IsBelow(std::string_view path, const std::string& folder) {
  return path == folder ||
         (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

}  // namespace

// http_server_request_duration_seconds, as the dashboards of Jaeger 2 read it. The series are made
// when first needed; there are as many as routes times statuses.
class HttpFront::RouteMetrics {
 public:
  explicit RouteMetrics(Metrics& metrics) : metrics_(metrics) {}

  void Record(const std::string& method, const std::string& route, int status, double seconds) {
    Metrics::Histogram* histogram = nullptr;
    {
      const std::lock_guard lock(mutex_);
      auto& slot = series_[{method, route, status}];
      if (slot == nullptr) {
        slot = &metrics_.AddHistogram("http_server_request_duration_seconds",
                                      "Seconds from a request's arrival to the end of its answer",
                                      {{"http_request_method", method},
                                       {"http_response_status_code", std::to_string(status)},
                                       {"http_route", route}});
      }
      histogram = slot;
    }
    histogram->Observe(seconds);
  }

 private:
  Metrics& metrics_;
  std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, Metrics::Histogram*> series_;
};

HttpFront::HttpFront(HttpFrontOptions options, HttpRouter router, QueryWorkers& workers,
                     Metrics& metrics)
    : options_(std::move(options)),
      router_(std::move(router)),
      workers_(workers),
      metrics_(std::make_unique<RouteMetrics>(metrics)) {}

HttpFront::~HttpFront() = default;

void HttpFront::Handle(HttpRequest&& request, HttpReply reply) {
  HttpRouter::Match match = router_.Find(request.method, request.path);
  const Route* const route = match.route != nullptr ? match.route : Fallback(request, match);
  ApiCall::Parts parts;
  parts.done = [this, route, since = std::chrono::steady_clock::now()](int status) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
    // Methods and paths that there are not come from the client: they are no labels.
    metrics_->Record(route == nullptr ? std::string(kNoRoute) : route->method,
                     route == nullptr ? std::string(kNoRoute) : route->pattern, status,
                     took.count());
  };
  parts.request = std::move(request);
  parts.captured = std::move(match.captured);
  if (route == nullptr) {
    SendUnrouted(ApiCall(std::move(parts), std::move(reply)), match.allowed);
  } else if (route->run_on == RunOn::kIo) {
    route->handle(ApiCall(std::move(parts), std::move(reply)));
  } else {
    RunOnWorker(*route, std::move(parts), std::move(reply));
  }
}

// The route for a path that has none of its own.
const Route* HttpFront::Fallback(const HttpRequest& request, HttpRouter::Match& match) const {
  const Route* const fallback = router_.fallback();
  if (fallback == nullptr || !match.allowed.empty() || !IsBelow(request.path, options_.prefix) ||
      IsBelow(request.path, options_.prefix + "/api")) {
    return nullptr;
  }
  if (request.method != fallback->method && request.method != "HEAD") {
    match.allowed = fallback->method;
    return nullptr;
  }
  return fallback;
}

void HttpFront::SendUnrouted(ApiCall&& call, const std::string& allowed) const {
  const std::string& path = call.request().path;
  if (!allowed.empty()) {
    std::move(call).Send(
        {.status = 405, .headers = {{"Allow", allowed}}, .content_type = "", .body = ""});
  } else if (IsBelow(path, options_.prefix + "/api") &&
             !IsBelow(path, options_.prefix + "/api/v3")) {
    HttpResponse response = JaegerErrorResponse(404, "no such path: " + path);
    response.content_type = "application/json";
    std::move(call).Send(std::move(response));
  } else {
    std::move(call).Send(PlainResponse(404, "404 page not found\n"));
  }
}

void HttpFront::RunOnWorker(const Route& route, ApiCall::Parts parts, HttpReply reply) {
  const auto limit = std::make_shared<WorkLimit>(parts.request.closed, options_.request_timeout);
  parts.limit = limit;
  parts.context.stop = limit->stop();
  parts.context.byte_budget = options_.max_request_bytes;
  parts.continue_on = [this, limit](std::function<void()> work) {
    workers_.Continue(limit, std::move(work));
  };
  parts.open = workers_.TryOpen();
  const bool admitted = parts.open != nullptr;
  // std::function wants something that can be copied.
  const auto call = std::make_shared<ApiCall>(std::move(parts), std::move(reply));
  std::function<void()> work = [&route, call] { route.handle(std::move(*call)); };
  if (!admitted || !workers_.TryStart(limit, work)) {
    std::move(*call).Send(JaegerErrorResponse(503, "too many requests at once, try again later"));
  }
}

}  // namespace pugmark
