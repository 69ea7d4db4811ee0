// Jaeger's HTTP API as of 1.76, /api/* (reference 3.3 to 3.5).
#pragma once

#include "common/base/time.h"
#include "query/api/http_router.h"
#include "query/service/trace_service.h"

namespace pugmark {

// Adds the routes below `prefix`. `service` and `clock` outlive the router.
void AddHttpV1Routes(HttpRouter& router, const std::string& prefix, TraceService& service,
                     const Clock& clock);

}  // namespace pugmark
