#include "query/api/api_v3/json.h"

#include <utility>

#include "common/base/hex.h"
#include "proto/codec/json_text.h"
#include "query/api/json_reply.h"

namespace pugmark {
namespace {

// Times are fixed64 in the message, and unsigned in its JSON.
std::string NanosText(UnixTime time) {
  return std::to_string(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

void AppendCount(std::string& json, std::string_view name, std::uint32_t count) {
  if (count != 0) {
    json += ",\"";
    json += name;
    json += "\":" + std::to_string(count);
  }
}

void AppendName(std::string& json, std::string_view field, std::string_view name) {
  if (!name.empty()) {
    json += ",\"";
    json += field;
    json += "\":";
    AppendGoJsonString(json, name);
  }
}

void AppendSummary(std::string& json, const TraceSummary& summary) {
  json += "{\"traceId\":\"" + Hex16(summary.trace_id.high) + Hex16(summary.trace_id.low) + '"';
  AppendName(json, "rootServiceName", summary.root_service);
  AppendName(json, "rootOperationName", summary.root_operation);
  json += ",\"minStartTimeUnixNano\":\"" + NanosText(summary.start) + '"';
  json += ",\"maxEndTimeUnixNano\":\"" + NanosText(summary.end) + '"';
  AppendCount(json, "spanCount", summary.span_count);
  AppendCount(json, "errorSpanCount", summary.error_span_count);
  AppendCount(json, "orphanSpanCount", summary.orphan_span_count);
  json += ",\"services\":[";
  for (std::size_t i = 0; i < summary.services.size(); ++i) {
    const ServiceSummary& service = summary.services[i];
    json += i == 0 ? "{\"name\":" : ",{\"name\":";
    AppendGoJsonString(json, service.name);
    AppendCount(json, "spanCount", service.span_count);
    AppendCount(json, "errorSpanCount", service.error_span_count);
    json += '}';
  }
  json += "]}";
}

}  // namespace

HttpResponse V3ErrorResponse(int status, std::string_view message) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (status == 503) {
    response.headers.emplace_back("Retry-After", "1");
  }
  response.content_type = "text/plain; charset=utf-8";
  response.body = "{\"error\":{\"httpCode\":" + std::to_string(status) + ",\"message\":";
  AppendGoJsonString(response.body, message);
  response.body += "}}\n";
  return response;
}

HttpResponse V3StorageErrorResponse(const Error& error, bool timed_out) {
  return V3ErrorResponse(StatusOfStorageError(error, timed_out),
                         timed_out ? kTimedOut : std::string_view(error.message));
}

HttpResponse V3JsonResponse(std::string json) {
  return {.status = 200,
          .headers = {{"X-Content-Type-Options", "nosniff"}},
          .content_type = "application/json",
          .body = std::move(json)};
}

std::string V3ServicesJson(const std::vector<std::string>& services) {
  std::string json = "{\"services\":[";
  for (std::size_t i = 0; i < services.size(); ++i) {
    json += i == 0 ? "" : ",";
    AppendGoJsonString(json, services[i]);
  }
  return json + "]}";
}

std::string V3OperationsJson(const std::vector<Operation>& operations) {
  std::string json = "{\"operations\":[";
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    json += i == 0 ? "{\"name\":" : ",{\"name\":";
    AppendGoJsonString(json, operation.name);
    json += ",\"spanKind\":\"";
    json += operation.kind == SpanKind::kUnspecified ? "internal" : SpanKindName(operation.kind);
    json += "\"}";
  }
  return json + "]}";
}

std::string V3SummariesJson(const std::vector<TraceSummary>& summaries) {
  std::string json = "{\"summaries\":[";
  for (std::size_t i = 0; i < summaries.size(); ++i) {
    json += i == 0 ? "" : ",";
    AppendSummary(json, summaries[i]);
  }
  return json + "]}";
}

}  // namespace pugmark
