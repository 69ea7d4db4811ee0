#include "collector/receiver/thrift_http.h"

#include <string>
#include <utility>

#include "collector/receiver/http_admission.h"
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

}  // namespace

ThriftHttpServer::ThriftHttpServer(Intake& intake, SamplingHttp& sampling, Metrics& metrics)
    : intake_(intake),
      sampling_(sampling),
      durations_(metrics, {std::string(kTracesPath), std::string(kSamplingPath)}) {}

Result<std::unique_ptr<ThriftHttpServer>> ThriftHttpServer::Start(IoRuntime& runtime,
                                                                  const CollectorHttpConfig& config,
                                                                  Intake& intake,
                                                                  SamplingHttp& sampling,
                                                                  Metrics& metrics) {
  std::unique_ptr<ThriftHttpServer> self(new ThriftHttpServer(intake, sampling, metrics));
  HttpServerOptions options = ToServerOptions(config);
  options.admit = [raw = self.get()](HttpRequest& request, std::uint64_t content_length) {
    return raw->Admit(request, content_length);
  };
  auto server = HttpServer::Start(runtime, "collector.http-server", std::move(options),
                                  [raw = self.get()](HttpRequest&& request, HttpReply reply) {
                                    raw->Handle(std::move(request), std::move(reply));
                                  });
  if (!server.ok()) {
    return std::move(server).error();
  }
  self->server_ = *std::move(server);
  return self;
}

std::optional<HttpResponse> ThriftHttpServer::Admit(HttpRequest& request,
                                                    std::uint64_t content_length) {
  if (request.path != kTracesPath || AdmitHttp(intake_, request, content_length)) {
    return std::nullopt;
  }
  HttpResponse response = ToAnswer(Intake::NotAdmitted());
  durations_.Add(request, response.status);
  return response;
}

void ThriftHttpServer::Handle(HttpRequest&& request, HttpReply reply) {
  HttpReply watched = durations_.Watch(request, std::move(reply));
  if (request.path == kTracesPath) {
    if (request.method == "POST") {
      TakeTraces(std::move(request), std::move(watched));
    } else {
      std::move(watched).Send(MethodNotAllowed());
    }
  } else if (request.path == kSamplingPath) {
    std::move(watched).Send(request.method == "GET" ? sampling_.Answer(request)
                                                    : MethodNotAllowed());
  } else {
    std::move(watched).Send(PlainTextAnswer(404, "404 page not found"));
  }
}

void ThriftHttpServer::TakeTraces(HttpRequest&& request, HttpReply reply) {
  if (auto refusal = CheckContentType(request)) {
    std::move(reply).Send(*std::move(refusal));
    return;
  }
  // Shared, since the callback has to be copyable; used once.
  const auto shared_reply = std::make_shared<HttpReply>(std::move(reply));
  intake_.Accept(std::move(request.body), TakeShare(request), &DecodeBody,
                 [shared_reply](const IngestResult& result) {
                   std::move(*shared_reply).Send(ToAnswer(result));
                 });
}

}  // namespace pugmark
