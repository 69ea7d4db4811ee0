// Answers of /api/v3 as proto JSON: 64-bit numbers as strings, fields of value 0 left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/net/http.h"
#include "storage/api/trace_reader.h"

namespace pugmark {

// {"error":{"httpCode":400,"message":"..."}}, sent as text/plain with a line end.
HttpResponse V3ErrorResponse(int status, std::string_view message);
HttpResponse V3StorageErrorResponse(const Error& error, bool timed_out);
HttpResponse V3JsonResponse(std::string json);

std::string V3ServicesJson(const std::vector<std::string>& services);
std::string V3OperationsJson(const std::vector<Operation>& operations);
std::string V3SummariesJson(const std::vector<TraceSummary>& summaries);

}  // namespace pugmark
