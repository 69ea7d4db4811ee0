// HTTP on 14268 (reference 2.3): POST /api/traces with a jaeger.Batch in Thrift's binary protocol,
// GET /api/sampling.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "collector/config.h"
#include "collector/pipeline/intake.h"
#include "collector/receiver/http_durations.h"
#include "collector/sampling/sampling_http.h"
#include "common/net/http.h"

namespace pugmark {

class ThriftHttpServer {
 public:
  // Everything given outlives the server.
  static Result<std::unique_ptr<ThriftHttpServer>> Start(IoRuntime& runtime,
                                                         const CollectorHttpConfig& config,
                                                         Intake& intake, SamplingHttp& sampling,
                                                         Metrics& metrics);

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  void Stop(std::chrono::steady_clock::time_point deadline) { server_->Stop(deadline); }

 private:
  ThriftHttpServer(Intake& intake, SamplingHttp& sampling, Metrics& metrics);

  std::optional<HttpResponse> Admit(HttpRequest& request, std::uint64_t content_length);
  void Handle(HttpRequest&& request, HttpReply reply);
  void TakeTraces(HttpRequest&& request, HttpReply reply);

  Intake& intake_;
  SamplingHttp& sampling_;
  HttpDurations durations_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace pugmark
