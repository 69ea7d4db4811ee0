#include "collector/receiver/thrift_http.h"

#include <string>
#include <utility>

#include "collector/receiver/http_answers.h"
#include "collector/receiver/media_type.h"
#include "proto/codec/thrift_batch.h"

namespace pugmark {
namespace {

constexpr std::string_view kTracesPath = "/api/traces";
constexpr std::string_view kSamplingPath = "/api/sampling";

DecodeStatus DecodeBody(SpanBatch& batch) {
  return DecodeThriftBatch(ThriftProtocol::kBinary, batch);
}

// OK for the content types that hold a batch; else the answer.
std::optional<HttpResponse> CheckContentType(const HttpRequest& request) {
  const auto type = ParseMediaType(request.Header("Content-Type"));
  if (!type.ok()) {
    return PlainTextAnswer(400, "Cannot parse content type: " + EscapeHtml(type.error().message));
  }
  if (*type != "application/x-thrift" && *type != "application/vnd.apache.thrift.binary") {
    return PlainTextAnswer(400, "Unsupported content type: " + EscapeHtml(*type));
  }
  return std::nullopt;
}

HttpResponse ToAnswer(const IngestResult& result) {
  switch (result.outcome) {
    case IngestOutcome::kStored:
      return {.status = 202, .headers = {}, .content_type = "", .body = ""};
    case IngestOutcome::kMalformed:
      return PlainTextAnswer(400, "Unable to process request body: " + result.error.message);
    case IngestOutcome::kTooLarge:
      return PlainTextAnswer(413, "Unable to process request body: " + result.error.message);
    case IngestOutcome::kBusy:
      return BusyAnswer("Cannot submit Jaeger batch: " + result.error.message, result.retry_after);
    case IngestOutcome::kFailed:
      break;
  }
  return PlainTextAnswer(500, "Cannot submit Jaeger batch: " + result.error.message);
}

HttpResponse MethodNotAllowed() {
  return {.status = 405, .headers = {}, .content_type = "", .body = ""};
}

void TakeTraces(Intake& intake, HttpRequest&& request, HttpReply reply) {
  if (auto refusal = CheckContentType(request)) {
    std::move(reply).Send(*std::move(refusal));
    return;
  }
  // Shared, since the callback has to be copyable; used once.
  const auto shared_reply = std::make_shared<HttpReply>(std::move(reply));
  Intake::Message message = HttpFront::TakeMessage(request);
  message.content_encoding.clear();  // Jaeger's collector does not decompress here
  intake.Accept(std::move(message), &DecodeBody, [shared_reply](const IngestResult& result) {
    std::move(*shared_reply).Send(ToAnswer(result));
  });
}

}  // namespace

Result<std::unique_ptr<HttpFront>> StartThriftHttp(const HttpFrontContext& context,
                                                   const CollectorHttpConfig& config,
                                                   Intake& intake, SamplingHttp& sampling) {
  HttpFrontOptions options;
  options.name = "collector.http-server";
  options.server = config;
  options.paths = {std::string(kTracesPath), std::string(kSamplingPath)};
  options.has_spans = [](const HttpRequest& request) { return request.path == kTracesPath; };
  options.not_admitted = [](const HttpRequest&) { return ToAnswer(Intake::NotAdmitted()); };
  return HttpFront::Start(
      context, std::move(options), intake,
      [&intake, &sampling](HttpRequest&& request, HttpReply reply) {
        if (request.path != kTracesPath && request.path != kSamplingPath) {
          std::move(reply).Send(PlainTextAnswer(404, "404 page not found"));
        } else if (request.method != (request.path == kTracesPath ? "POST" : "GET")) {
          std::move(reply).Send(MethodNotAllowed());
        } else if (request.path == kTracesPath) {
          TakeTraces(intake, std::move(request), std::move(reply));
        } else {
          std::move(reply).Send(sampling.Answer(request));
        }
      });
}

}  // namespace pugmark
