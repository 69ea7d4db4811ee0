// Zipkin over HTTP on 9411 (reference 2.5 and 8.5): spans of v2 in JSON and protobuf, of v1 in JSON
// and Thrift.
#pragma once

#include <memory>

#include "collector/receiver/http_front.h"

namespace pugmark {

// `intake` outlives the server. The address of `config` is not empty.
Result<std::unique_ptr<HttpFront>> StartZipkinHttp(const HttpFrontContext& context,
                                                   const CollectorZipkinConfig& config,
                                                   Intake& intake);

}  // namespace pugmark
