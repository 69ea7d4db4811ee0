// The admin port of a daemon (reference section 7): health, readiness, metrics, version and debug
// information.
//
//   /            200 {"status":"Server available",...} when ready, else 503; so does any path that
//                is not below
//   /livez       200 while the process runs
//   /readyz      200 or 503; ?verbose lists each check
//   /metrics     Prometheus text (--metrics-http-route moves it)
//   /version     {"gitCommit","gitVersion","buildDate"}
//   /debug/vars  one JSON object of all registered variables
//
// Pages other than /livez and /version are made on one thread of the server's own, so checks,
// variables and metrics may take a lock or read a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/metrics/metrics.h"
#include "common/net/http.h"

namespace pugmark {

struct AdminConfig {
  HostPort address;
  std::string metrics_route = "/metrics";  // "": no metrics page
};

// Thread safety: all methods may be called concurrently.
class AdminServer {
 public:
  static Result<std::unique_ptr<AdminServer>> Start(IoRuntime& runtime, const AdminConfig& config,
                                                    Metrics& metrics);
  ~AdminServer();

  [[nodiscard]] std::uint16_t port() const;
  // Ready only after SetReady(true) and while every check is OK. Checks and variables are asked
  // only while this was set, and SetReady(false) waits for one that is being asked: what they refer
  // to may be freed afterwards. A check or variable calls no method of this class.
  void SetReady(bool ready);
  void AddReadinessCheck(std::string name, std::function<Status()> check);
  // `json` gives the value, a valid JSON text, at each request.
  void AddDebugVariable(std::string name, std::function<std::string()> json);
  // May be called twice.
  void Stop(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pugmark
