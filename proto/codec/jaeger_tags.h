// The tags that Jaeger shows of a span beyond its attributes: what the model keeps in fields of its
// own (reference 8.3). Shared by every encoder of a Jaeger format, and the meaning that searches
// follow.
#pragma once

#include <string_view>

#include "common/model/span.h"

namespace pugmark {

inline constexpr std::string_view kFormatTag = "@jaeger@format";

// The value of the format tag: "jaeger", "proto", or "" where Jaeger adds none.
[[nodiscard]] inline std::string_view FormatTagValue(SourceFormat format) {
  return format == SourceFormat::kJaeger ? "jaeger" : format == SourceFormat::kProto ? "proto" : "";
}

// Calls use(key, value) for each tag that precedes the attributes of an OTLP span.
template <typename Use>
void ForEachLeadingTag(const Span& span, const Use& use) {
  if (span.format == SourceFormat::kOtlp && span.scope != nullptr) {
    if (!span.scope->name.empty()) {
      use("otel.scope.name", Value::String(span.scope->name));
    }
    if (!span.scope->version.empty()) {
      use("otel.scope.version", Value::String(span.scope->version));
    }
  }
}

// Calls use(key, value) for each tag that follows the attributes. The format tag is left out where
// the span has it.
template <typename Use>
void ForEachTrailingTag(const Span& span, const Use& use) {
  if (span.format == SourceFormat::kOtlp) {
    if (span.kind != SpanKind::kUnspecified) {
      use("span.kind", Value::String(SpanKindName(span.kind)));
    }
    if (span.status == StatusCode::kError) {
      use("otel.status_code", Value::String("ERROR"));
      use("error", Value::Bool(true));
    } else if (span.status == StatusCode::kOk) {
      use("otel.status_code", Value::String("OK"));
    }
    if (!span.status_message.empty()) {
      use("otel.status_description", Value::String(span.status_message));
    }
    if (!span.trace_state.empty()) {
      use("w3c.tracestate", Value::String(span.trace_state));
    }
  }
  const std::string_view format = FormatTagValue(span.format);
  if (!format.empty() && FindAttribute(span.attributes, kFormatTag) == nullptr) {
    use(kFormatTag, Value::String(format));
  }
}

}  // namespace pugmark
