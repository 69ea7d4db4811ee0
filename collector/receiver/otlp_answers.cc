#include "collector/receiver/otlp_answers.h"

#include "proto/codec/json_text.h"

namespace pugmark {
namespace {

constexpr std::string_view kRejectedText =
    "spans with a trace id of zeros, or an id of the wrong length";

void AppendVarint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    out += static_cast<char>(value | 0x80);
  }
  out += static_cast<char>(value);
}

void AppendNumber(std::string& out, unsigned field, std::uint64_t value) {
  if (value != 0) {
    AppendVarint(out, field << 3);
    AppendVarint(out, value);
  }
}

void AppendBytes(std::string& out, unsigned field, std::string_view bytes) {
  AppendVarint(out, (field << 3) | 2);
  AppendVarint(out, bytes.size());
  out += bytes;
}

void AppendStatusFields(std::string& out, const Error& error) {
  AppendNumber(out, 1, static_cast<std::uint64_t>(error.code));
  AppendBytes(out, 2, error.message);
}

}  // namespace

std::string OtlpResponse(OtlpEncoding encoding, std::size_t rejected_spans) {
  if (encoding == OtlpEncoding::kJson) {
    return rejected_spans == 0
               ? R"({"partialSuccess":{}})"
               : R"({"partialSuccess":{"rejectedSpans":")" + std::to_string(rejected_spans) +
                     R"(","errorMessage":")" + std::string(kRejectedText) + "\"}}";
  }
  std::string partial_success;
  if (rejected_spans > 0) {
    AppendNumber(partial_success, 1, rejected_spans);
    AppendBytes(partial_success, 2, kRejectedText);
  }
  std::string response;
  AppendBytes(response, 1, partial_success);
  return response;
}

std::string OtlpStatus(OtlpEncoding encoding, const Error& error) {
  std::string status;
  if (encoding == OtlpEncoding::kJson) {
    status = "{\"code\":" + std::to_string(static_cast<int>(error.code)) + ",\"message\":";
    AppendGoJsonString(status, error.message);
    return status + "}";
  }
  AppendStatusFields(status, error);
  return status;
}

std::string OtlpRetryStatus(const Error& error, std::chrono::milliseconds retry_after) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(retry_after);
  const std::chrono::nanoseconds rest = retry_after - seconds;
  std::string delay;
  AppendNumber(delay, 1, static_cast<std::uint64_t>(seconds.count()));
  AppendNumber(delay, 2, static_cast<std::uint64_t>(rest.count()));
  std::string retry_info;
  AppendBytes(retry_info, 1, delay);
  std::string detail;
  AppendBytes(detail, 1, "type.googleapis.com/google.rpc.RetryInfo");
  AppendBytes(detail, 2, retry_info);
  std::string status;
  AppendStatusFields(status, error);
  AppendBytes(status, 3, detail);
  return status;
}

}  // namespace pugmark
