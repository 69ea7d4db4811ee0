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

// Paths that a server does not know, and methods that no client of ours uses, count as "other":
// scanners must not make series.
//
// Thread safety: all methods may be called concurrently. The metrics outlive it and its timers.
class HttpDurations {
 public:
  // Counts one request when it is answered.
  class Timer {
   public:
    void Stop(int status) const;

   private:
    friend class HttpDurations;
    struct Series;
    std::shared_ptr<Series> series_;
    std::string_view method_;
    std::string_view path_;
    std::chrono::steady_clock::time_point begin_;
  };

  // `paths` are the ones that count by name.
  HttpDurations(Metrics& metrics, std::vector<std::string> paths);

  [[nodiscard]] Timer Start(const HttpRequest& request) const;

 private:
  std::shared_ptr<Timer::Series> series_;
};

}  // namespace pugmark
