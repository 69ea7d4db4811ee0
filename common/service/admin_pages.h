// What the admin port answers, without the port.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/metrics/metrics.h"
#include "common/net/http.h"

namespace pugmark {

// Thread safety: all methods may be called concurrently.
class AdminPages {
 public:
  // `metrics` and `clock` outlive the pages.
  AdminPages(std::string metrics_route, Metrics& metrics, const Clock& clock)
      : metrics_route_(std::move(metrics_route)), metrics_(metrics), clock_(clock) {}

  // See AdminServer.
  void SetReady(bool ready);
  void AddReadinessCheck(std::string name, std::function<Status()> check);
  void AddDebugVariable(std::string name, std::function<std::string()> json);

  // Whether the page needs nothing of others, so that it can be made on an io thread.
  [[nodiscard]] static bool IsImmediate(std::string_view path);
  HttpResponse Answer(std::string_view path, std::string_view query);

 private:
  struct Check {
    std::string name;
    std::function<Status()> run;
  };

  HttpResponse Health();
  HttpResponse Readiness(bool verbose);
  HttpResponse DebugVariables();
  // The failed checks and their reasons; "started" is the first of all checks.
  std::vector<std::pair<std::string, Status>> RunChecks();

  const std::string metrics_route_;
  Metrics& metrics_;
  const Clock& clock_;

  // Held while checks and variables run: they end with readiness.
  std::mutex mutex_;
  bool ready_ = false;
  UnixTime up_since_;
  std::vector<Check> checks_;
  std::map<std::string, std::function<std::string()>> variables_;
};

// As Go marshals a time in UTC: "2024-05-01T12:00:00.25Z", nanoseconds without trailing zeros.
std::string FormatRfc3339(UnixTime time);

}  // namespace pugmark
