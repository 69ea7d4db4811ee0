// The admin port of a daemon (reference section 7): health, readiness, metrics, version and debug
// information.
//
//   /            200 {"status":"Server available",...} when ready, else 503; any unmatched path
//   answers the same /livez       200 while the process runs /readyz      200 or 503; ?verbose
//   lists each check /metrics     Prometheus text (route by --metrics-http-route) /version
//   {"gitCommit","gitVersion","buildDate"} /debug/vars  one JSON object of all registered variables
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/metrics/metrics.h"
#include "common/net/http.h"

namespace pugmark {

struct AdminConfig {
  HostPort address;
  std::string metrics_route = "/metrics";
};

// Thread safety: all methods may be called concurrently.
class AdminServer {
 public:
  static Result<std::unique_ptr<AdminServer>> Start(IoRuntime& runtime, const AdminConfig& config,
                                                    Metrics& metrics);
  ~AdminServer();

  [[nodiscard]] std::uint16_t port() const;
  // Ready only after SetReady(true) and while every check is OK.
  void SetReady(bool ready);
  void AddReadinessCheck(std::string name, std::function<Status()> check);
  // `json` gives the value, a valid JSON text, at each request.
  void AddDebugVariable(std::string name, std::function<std::string()> json);
  void Stop(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  explicit AdminServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace pugmark
