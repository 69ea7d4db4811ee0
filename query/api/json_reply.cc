#include "query/api/json_reply.h"

#include <utility>

#include "proto/codec/json_indent.h"
#include "proto/codec/json_text.h"

namespace pugmark {

HttpResponse JaegerErrorResponse(int status, std::string_view message) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (status == 503) {
    response.headers.emplace_back("Retry-After", "1");
  }
  response.content_type = "text/plain; charset=utf-8";
  response.body = R"({"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":)" +
                  std::to_string(status) + ",\"msg\":";
  AppendGoJsonString(response.body, message);
  response.body += "}]}\n";
  return response;
}

int StatusOfStorageError(const Error& error, bool timed_out) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return 400;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kUnimplemented:
      return 501;
    case ErrorCode::kUnavailable:
      return 503;
    case ErrorCode::kDeadlineExceeded:
      return 504;
    case ErrorCode::kCancelled:
      return timed_out ? 504 : 500;
    default:
      return 500;
  }
}

HttpResponse StorageErrorResponse(const Error& error, bool timed_out) {
  return JaegerErrorResponse(StatusOfStorageError(error, timed_out),
                             timed_out ? kTimedOut : std::string_view(error.message));
}

std::string JaegerEnvelope(std::string_view data, std::size_t total) {
  std::string json = "{\"data\":";
  json += data;
  json += ",\"total\":" + std::to_string(total) + ",\"limit\":0,\"offset\":0,\"errors\":null}";
  return json;
}

bool WantsPrettyJson(const QueryParameters& parameters) {
  const std::string_view pretty = parameters.Get("prettyPrint");
  return !pretty.empty() && pretty != "false";
}

HttpResponse JsonResponse(std::string json, const QueryParameters& parameters) {
  HttpResponse response;
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.content_type = "application/json";
  if (WantsPrettyJson(parameters)) {
    JsonIndenter().Append(response.body, json);
  } else {
    response.body = std::move(json);
  }
  return response;
}

}  // namespace pugmark
