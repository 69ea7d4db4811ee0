#include "collector/receiver/otlp_http.h"

#include <optional>
#include <string>
#include <utility>

#include "collector/receiver/http_answers.h"
#include "collector/receiver/media_type.h"
#include "collector/receiver/otlp_answers.h"
#include "proto/codec/otlp_decoder.h"
#include "proto/codec/otlp_json_decoder.h"

namespace pugmark {
namespace {

constexpr std::string_view kTracesPath = "/v1/traces";
constexpr std::string_view kProtobufType = "application/x-protobuf";
constexpr std::string_view kJsonType = "application/json";

std::optional<OtlpEncoding> EncodingOf(const HttpRequest& request) {
  const auto type = ParseMediaType(request.Header("Content-Type"));
  if (!type.ok()) {
    return std::nullopt;
  }
  return *type == kProtobufType ? std::optional(OtlpEncoding::kProtobuf)
         : *type == kJsonType   ? std::optional(OtlpEncoding::kJson)
                                : std::nullopt;
}

std::string_view TypeOf(OtlpEncoding encoding) {
  return encoding == OtlpEncoding::kJson ? kJsonType : kProtobufType;
}

// As Jaeger's OTLP receiver words them.
HttpResponse MethodNotAllowed() {
  return {.status = 405,
          .headers = {},
          .content_type = "text/plain",
          .body = "405 method not allowed, supported: [POST]"};
}
HttpResponse UnsupportedType() {
  return {.status = 415,
          .headers = {},
          .content_type = "text/plain",
          .body =
              "415 unsupported media type, supported: [application/json, "
              "application/x-protobuf]"};
}

HttpResponse StatusAnswer(int status, OtlpEncoding encoding, const Error& error) {
  return {.status = status,
          .headers = {},
          .content_type = std::string(TypeOf(encoding)),
          .body = OtlpStatus(encoding, error)};
}

HttpResponse ToAnswer(OtlpEncoding encoding, const IngestResult& result) {
  switch (result.outcome) {
    case IngestOutcome::kStored:
      return {.status = 200,
              .headers = {},
              .content_type = std::string(TypeOf(encoding)),
              .body = OtlpResponse(encoding, result.rejected)};
    case IngestOutcome::kMalformed:
      return StatusAnswer(400, encoding, result.error);
    case IngestOutcome::kTooLarge:
      return StatusAnswer(413, encoding, result.error);
    case IngestOutcome::kBusy: {
      HttpResponse response = StatusAnswer(503, encoding, Unavailable(result.error.message));
      response.headers.push_back(RetryAfterHeader(result.retry_after));
      return response;
    }
    case IngestOutcome::kFailed:
      break;
  }
  return StatusAnswer(500, encoding, Internal(result.error.message));
}

void Handle(Intake& intake, HttpRequest&& request, HttpReply reply) {
  if (request.path != kTracesPath) {
    std::move(reply).Send(PlainTextAnswer(404, "404 page not found"));
    return;
  }
  if (request.method != "POST") {
    std::move(reply).Send(MethodNotAllowed());
    return;
  }
  const auto encoding = EncodingOf(request);
  if (!encoding) {
    std::move(reply).Send(UnsupportedType());
    return;
  }
  const auto decode = *encoding == OtlpEncoding::kJson ? &DecodeOtlpJson : &DecodeOtlp;
  // Shared, since the callback has to be copyable; used once.
  const auto shared_reply = std::make_shared<HttpReply>(std::move(reply));
  intake.Accept(HttpFront::TakeMessage(request), decode,
                [shared_reply, encoding = *encoding](const IngestResult& result) {
                  std::move(*shared_reply).Send(ToAnswer(encoding, result));
                });
}

}  // namespace

Result<std::unique_ptr<HttpFront>> StartOtlpHttp(const HttpFrontContext& context,
                                                 const CollectorOtlpConfig& config,
                                                 Intake& intake) {
  HttpFrontOptions options;
  options.name = "collector.otlp.http";
  options.server = config.http;
  options.cors = config.cors;
  options.paths = {std::string(kTracesPath)};
  options.has_spans = [](const HttpRequest& request) { return request.path == kTracesPath; };
  options.not_admitted = [](const HttpRequest& request) {
    return ToAnswer(EncodingOf(request).value_or(OtlpEncoding::kProtobuf), Intake::NotAdmitted());
  };
  return HttpFront::Start(context, std::move(options), intake,
                          [&intake](HttpRequest&& request, HttpReply reply) {
                            Handle(intake, std::move(request), std::move(reply));
                          });
}

}  // namespace pugmark
