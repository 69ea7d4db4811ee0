// The tags and references that Jaeger shows of a span beyond its attributes and links: what the
// model keeps in fields of its own (reference 8.3). Shared by every encoder of a Jaeger format, and
// the meaning that searches follow.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/model/span.h"

namespace pugmark {

inline constexpr std::string_view kFormatTag = "@jaeger@format";

// The value of the format tag: "jaeger", "proto", or "" where Jaeger adds none.
[[nodiscard]] inline std::string_view FormatTagValue(SourceFormat format) {
  return format == SourceFormat::kJaeger ? "jaeger" : format == SourceFormat::kProto ? "proto" : "";
}

// Whether kind, status, scope and trace state stand in the model's fields alone: spans of Jaeger's
// formats have them as attributes.
[[nodiscard]] inline bool HasModelFields(SourceFormat format) {
  return format == SourceFormat::kOtlp || format == SourceFormat::kZipkin;
}

// The tags that may be added to a span's attributes are no more than this.
inline constexpr std::size_t kMostModelTags = 8;

// Calls use(key, value) for each tag that precedes the attributes.
template <typename Use>
void ForEachLeadingTag(const Span& span, const Use& use) {
  if (HasModelFields(span.format) && span.scope != nullptr) {
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
  if (HasModelFields(span.format)) {
    if (const std::string_view kind = SpanKindName(span.kind); !kind.empty()) {
      use("span.kind", Value::String(kind));
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

// How a span's parent and links become Jaeger's references: the parent first, then the links.
//
// In Jaeger's formats a link may itself be the reference to the parent; elsewhere a link to the
// parent only says of which type the parent reference is (reference 8.3 and 9).
class JaegerReferences {
 public:
  explicit JaegerReferences(const Span& span)
      : span_(span), links_to_parent_tell_type_(HasModelFields(span.format)) {
    if (span.parent_span_id == 0) {
      return;
    }
    if (!links_to_parent_tell_type_) {
      adds_parent_ = ParentReference(span) == nullptr;
      return;
    }
    adds_parent_ = true;
    for (const Link& link : span.links) {
      if (NamesParent(link)) {
        parent_type_ = link.ref_type;
      }
    }
  }

  // Whether a reference to the parent precedes those of the links, and of which type.
  [[nodiscard]] bool adds_parent() const { return adds_parent_; }
  [[nodiscard]] RefType parent_type() const { return parent_type_; }
  // Whether the link is a reference of its own.
  [[nodiscard]] bool Shows(const Link& link) const {
    return !links_to_parent_tell_type_ || !adds_parent_ || !NamesParent(link);
  }

 private:
  [[nodiscard]] bool NamesParent(const Link& link) const {
    return link.span_id == span_.parent_span_id && link.trace_id == span_.trace_id;
  }

  const Span& span_;
  const bool links_to_parent_tell_type_;
  bool adds_parent_ = false;
  RefType parent_type_ = RefType::kChildOf;
};

}  // namespace pugmark
