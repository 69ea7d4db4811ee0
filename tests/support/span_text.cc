#include "tests/support/span_text.h"

#include <array>
#include <bit>
#include <cstdio>

#include "common/base/hex.h"

namespace pugmark::testing {
namespace {

// Quoted, with every byte outside printable ASCII as \xNN.
std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
      quoted += c;
    } else {
      quoted.append("\\x").append(HexBytes({&c, 1}));
    }
  }
  return quoted + '"';
}

std::string Number(std::int64_t value) { return std::to_string(value); }

std::string List(std::span<const Attribute> attributes) {
  std::string text = "{";
  for (const Attribute& attribute : attributes) {
    text.append(" ").append(Quote(attribute.key)).append("=").append(Describe(attribute.value));
  }
  return text + " }";
}

std::string TraceText(TraceId id) { return Hex16(id.high) + Hex16(id.low); }

std::string DescribeScope(const Scope* scope) {
  if (scope == nullptr) {
    return "none";
  }
  return Quote(scope->name) + " " + Quote(scope->version) + " " + List(scope->attributes) + " " +
         Quote(scope->schema_url) + " dropped " + Number(scope->dropped_attributes);
}

}  // namespace

std::string Describe(const Value& value) {
  switch (value.type()) {
    case ValueType::kEmpty:
      return "empty";
    case ValueType::kString:
      return Quote(value.text());
    case ValueType::kBytes:
      return std::string("bytes").append(Quote(value.text()));
    case ValueType::kBool:
      return value.boolean() ? "true" : "false";
    case ValueType::kInt:
      return Number(value.integer());
    case ValueType::kDouble: {
      std::array<char, 32> shown{};
      std::snprintf(shown.data(), shown.size(), "%g", value.real());
      return std::string(shown.data()) + "/" + Hex16(std::bit_cast<std::uint64_t>(value.real()));
    }
    case ValueType::kArray: {
      std::string text = "[";
      for (const Value& element : value.elements()) {
        text.append(" ").append(Describe(element));
      }
      return text + " ]";
    }
    case ValueType::kMap:
      return List(value.entries());
  }
  return "?";
}

std::string Describe(const Resource& resource) {
  return Quote(resource.service_name) + (resource.has_service_name ? " " : " (absent) ") +
         List(resource.attributes) + " " + Quote(resource.schema_url) + " dropped " +
         Number(resource.dropped_attributes);
}

std::string Describe(const Span& span) {
  std::string text = "span " + TraceText(span.trace_id) + " " + Hex16(span.span_id) + " parent " +
                     Hex16(span.parent_span_id) + " " + Quote(span.name) + "\n";
  text += " start " + Number(span.start_time.time_since_epoch().count()) + " duration " +
          Number(span.duration.count()) + " flags " + Number(span.flags) + " kind " +
          Number(static_cast<int>(span.kind)) + " status " + Number(static_cast<int>(span.status)) +
          " " + Quote(span.status_message) + " state " + Quote(span.trace_state) + " format " +
          Number(static_cast<int>(span.format)) + "\n";
  text += " dropped " + Number(span.dropped_attributes) + " " + Number(span.dropped_events) + " " +
          Number(span.dropped_links) + "\n";
  text += " attributes " + List(span.attributes) + "\n";
  for (const Event& event : span.events) {
    text += " event " + Number(event.time.time_since_epoch().count()) + " " + Quote(event.name) +
            " " + List(event.attributes) + " dropped " + Number(event.dropped_attributes) + "\n";
  }
  for (const Link& link : span.links) {
    text += " link " + TraceText(link.trace_id) + " " + Hex16(link.span_id) + " type " +
            Number(static_cast<int>(link.ref_type)) + " flags " + Number(link.flags) + " state " +
            Quote(link.trace_state) + " " + List(link.attributes) + " dropped " +
            Number(link.dropped_attributes) + "\n";
  }
  for (const std::string_view warning : span.warnings) {
    text += " warning " + Quote(warning) + "\n";
  }
  text += " scope " + DescribeScope(span.scope) + "\n";
  text += " resource " + (span.resource == nullptr ? "none" : Describe(*span.resource)) + "\n";
  return text;
}

std::string Describe(std::span<const Span> spans) {
  std::string text;
  for (const Span& span : spans) {
    text += Describe(span);
  }
  return text;
}

}  // namespace pugmark::testing
