// HTTP on 14268 (reference 2.3): POST /api/traces with a jaeger.Batch in Thrift's binary protocol,
// GET /api/sampling.
#pragma once

#include <memory>

#include "collector/receiver/http_front.h"
#include "collector/sampling/sampling_http.h"

namespace pugmark {

// Everything given outlives the server.
Result<std::unique_ptr<HttpFront>> StartThriftHttp(const HttpFrontContext& context,
                                                   const CollectorHttpConfig& config,
                                                   Intake& intake, SamplingHttp& sampling);

}  // namespace pugmark
