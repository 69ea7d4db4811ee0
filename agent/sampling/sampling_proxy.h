// The agent's HTTP port: sampling strategies of the collector for Jaeger's clients (reference 1.1).
//
//   GET /sampling?service=X             the strategy, its type as a word
//   GET /?service=X                     the same for old clients, its type as a number
//   GET /baggageRestrictions?service=X  always an error: collectors offer none over gRPC
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "agent/reporter/collector_client.h"
#include "common/base/result.h"
#include "common/metrics/metrics.h"
#include "common/net/host_port.h"
#include "common/net/io_runtime.h"

namespace pugmark {

class SamplingProxy {
 public:
  // Binds and serves. `client` and `metrics` outlive the proxy. kUnavailable when the port is
  // taken.
  static Result<std::unique_ptr<SamplingProxy>> Start(IoRuntime& runtime, const HostPort& address,
                                                      CollectorClient& client, Metrics& metrics);
  ~SamplingProxy();

  [[nodiscard]] std::uint16_t port() const;
  // May be called twice.
  void Stop(std::chrono::steady_clock::time_point deadline);

 private:
  class Impl;
  explicit SamplingProxy(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pugmark
