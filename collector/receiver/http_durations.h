// How long HTTP requests took: jaeger_collector_http_request_duration by method, path and status.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/net/http.h"

namespace pugmark {

// Paths that the server does not know, and methods that no client of ours uses, count as "other":
// scanners must not make series.
//
// Thread safety: all methods may be called concurrently. The metrics outlive it and its replies.
class HttpDurations {
 public:
  // `paths` are the ones that count by name.
  HttpDurations(Metrics& metrics, std::vector<std::string> paths);
  ~HttpDurations();

  // A reply that passes the answer on to `reply` and counts it.
  [[nodiscard]] HttpReply Watch(const HttpRequest& request, HttpReply reply);
  // Counts an answer that takes no time: a request refused by its head.
  void Add(const HttpRequest& request, int status);

 private:
  struct Series;
  class Watcher;
  std::shared_ptr<Series> series_;
};

}  // namespace pugmark
