// Spans as OTLP protobuf: TracesData and ExportTraceServiceRequest, which have the same wire form
// (opentelemetry-proto, trace/v1/trace.proto; proto/idl/otlp).
//
// Spans are grouped by resource and scope. Those of Jaeger's formats are shaped as Jaeger v2
// translates them (otlp_shape.h); what came by OTLP leaves as it came.
#pragma once

#include <span>
#include <string>

#include "common/model/span.h"

namespace pugmark {

// Appends a TracesData message. Every span has a resource.
void AppendTracesData(std::string& out, std::span<const Span> spans);

}  // namespace pugmark
