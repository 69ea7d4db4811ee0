// The messages that OTLP receivers answer with, in protobuf and JSON: ExportTraceServiceResponse
// and google.rpc.Status (opentelemetry-proto, docs/specification.md).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pugmark {

enum class OtlpEncoding : std::uint8_t { kProtobuf, kJson };

// An ExportTraceServiceResponse; partial_success says how many spans were rejected.
std::string OtlpResponse(OtlpEncoding encoding, std::size_t rejected_spans);

// A google.rpc.Status.
std::string OtlpStatus(OtlpEncoding encoding, const Error& error);

// A google.rpc.Status in protobuf with RetryInfo: without it clients do not try again.
std::string OtlpRetryStatus(const Error& error, std::chrono::milliseconds retry_after);

}  // namespace pugmark
