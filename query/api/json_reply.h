// Bodies of Jaeger's HTTP API (reference 3.3): the envelope {"data":...,"total":...} and its
// errors.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/net/http.h"
#include "query/api/api_call.h"

namespace pugmark {

// The answer of a failed request: Jaeger sends its JSON as text/plain, with a line end.
HttpResponse JaegerErrorResponse(int status, std::string_view message);
// What a request is told whose time is used up.
inline constexpr std::string_view kTimedOut = "the time limit for one request is used up";
// The status that an error of the storage is answered with.
int StatusOfStorageError(const Error& error, bool timed_out);
// An error of the storage.
HttpResponse StorageErrorResponse(const Error& error, bool timed_out);

// `data` (a JSON text) in the envelope.
std::string JaegerEnvelope(std::string_view data, std::size_t total);

// Whether the client asked for indented JSON.
bool WantsPrettyJson(const QueryParameters& parameters);
// 200 with that JSON, indented where the client asked for it.
HttpResponse JsonResponse(std::string json, const QueryParameters& parameters);

}  // namespace pugmark
