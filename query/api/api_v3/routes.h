// Jaeger's newer HTTP API as of 2.20, /api/v3/* (reference 3.8).
#pragma once

#include <string>

#include "query/api/http_router.h"
#include "query/service/trace_service.h"

namespace pugmark {

// Adds the routes below `prefix`. `service` outlives the router.
void AddApiV3Routes(HttpRouter& router, const std::string& prefix, TraceService& service);

}  // namespace pugmark
