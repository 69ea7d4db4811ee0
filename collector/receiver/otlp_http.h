// OTLP over HTTP on 4318: POST /v1/traces in protobuf and JSON (reference 2.5; opentelemetry-proto,
// docs/specification.md, section OTLP/HTTP).
#pragma once

#include <memory>

#include "collector/receiver/http_front.h"

namespace pugmark {

// Everything given outlives the server.
Result<std::unique_ptr<HttpFront>> StartOtlpHttp(const HttpFrontContext& context,
                                                 const CollectorOtlpConfig& config, Intake& intake);

}  // namespace pugmark
