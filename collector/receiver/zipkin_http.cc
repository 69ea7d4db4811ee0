#include "collector/receiver/zipkin_http.h"

#include <string>
#include <string_view>
#include <utility>

#include "collector/receiver/http_answers.h"
#include "collector/receiver/media_type.h"
#include "proto/codec/zipkin_decoder.h"

namespace pugmark {
namespace {

constexpr std::string_view kV1Path = "/api/v1/spans";
constexpr std::string_view kV2Path = "/api/v2/spans";

// Jaeger's receiver looks at no more than a part of the path, and takes v2 on any other.
bool IsV1(const HttpRequest& request) {
  return request.path.find(kV1Path.substr(1)) != std::string::npos;
}

// What is neither Thrift nor protobuf is read as JSON, whatever it calls itself.
Intake::Decode DecoderOf(const HttpRequest& request) {
  const auto parsed = ParseMediaType(request.Header("Content-Type"));
  const std::string type = parsed.ok() ? *parsed : std::string();
  if (IsV1(request)) {
    return type == "application/x-thrift" ? &DecodeZipkinV1Thrift : &DecodeZipkinV1Json;
  }
  return type == "application/x-protobuf" ? &DecodeZipkinV2Proto : &DecodeZipkinV2Json;
}

HttpResponse ToAnswer(const IngestResult& result) {
  switch (result.outcome) {
    case IngestOutcome::kStored:
      return {.status = 202, .headers = {}, .content_type = "", .body = ""};
    case IngestOutcome::kMalformed:
      return PlainTextAnswer(400, result.error.message);
    case IngestOutcome::kTooLarge:
      return PlainTextAnswer(413, result.error.message);
    case IngestOutcome::kBusy:
      return BusyAnswer(result.error.message, result.retry_after);
    case IngestOutcome::kFailed:
      break;
  }
  return {.status = 500,
          .headers = {},
          .content_type = "application/json",
          .body = "\"Internal Server Error\""};
}

}  // namespace

Result<std::unique_ptr<HttpFront>> StartZipkinHttp(const HttpFrontContext& context,
                                                   const CollectorZipkinConfig& config,
                                                   Intake& intake) {
  auto address = HostPort::Parse(config.host_port);
  if (!address.ok()) {
    return std::move(address).Wrap("collector.zipkin.host-port");
  }
  HttpFrontOptions options;
  options.name = "collector.zipkin";
  options.server.address = *std::move(address);
  options.cors = config.cors;
  options.keep_alive = config.keep_alive;
  options.paths = {std::string(kV1Path), std::string(kV2Path)};
  options.has_spans = [](const HttpRequest&) { return true; };
  options.not_admitted = [](const HttpRequest&) { return ToAnswer(Intake::NotAdmitted()); };
  return HttpFront::Start(context, std::move(options), intake,
                          [&intake](HttpRequest&& request, HttpReply reply) {
                            const Intake::Decode decode = DecoderOf(request);
                            // Shared, since the callback has to be copyable; used once.
                            const auto shared_reply = std::make_shared<HttpReply>(std::move(reply));
                            intake.Accept(HttpFront::TakeMessage(request), decode,
                                          [shared_reply](const IngestResult& result) {
                                            std::move(*shared_reply).Send(ToAnswer(result));
                                          });
                          });
}

}  // namespace pugmark
