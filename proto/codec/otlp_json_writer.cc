#include "proto/codec/otlp_json_writer.h"

#include <array>
#include <string_view>

#include "common/base/hex.h"
#include "proto/codec/json_text.h"
#include "proto/codec/span_groups.h"

namespace pugmark {
namespace {

// Writes the members of one object and separates them.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  // To be followed by the value. `quoted_key` has its quotes and colon.
  std::string& Member(std::string_view quoted_key) {
    if (!first_) {
      out_ += ',';
    }
    first_ = false;
    return out_ += quoted_key;
  }
  void Text(std::string_view quoted_key, std::string_view text) {
    if (!text.empty()) {
      AppendGoJsonString(Member(quoted_key), text);
    }
  }
  void Number(std::string_view quoted_key, std::uint64_t number) {
    if (number != 0) {
      AppendUnsigned(Member(quoted_key), number);
    }
  }
  void Time(std::string_view quoted_key, UnixTime time) {
    const auto ns = static_cast<std::uint64_t>(time.time_since_epoch().count());
    if (ns != 0) {
      Member(quoted_key) += '"';
      AppendUnsigned(out_, ns);
      out_ += '"';
    }
  }
  void SpanIdMember(std::string_view quoted_key, SpanId id) {
    if (id != 0) {
      std::array<char, 18> text;
      text.front() = '"';
      WriteHex16(id, text.data() + 1);
      text.back() = '"';
      Member(quoted_key).append(text.data(), text.size());
    }
  }
  void TraceIdMember(std::string_view quoted_key, TraceId id) {
    if (!id.IsZero()) {
      std::array<char, 34> text;
      text.front() = '"';
      WriteHex16(id.high, text.data() + 1);
      WriteHex16(id.low, text.data() + 17);
      text.back() = '"';
      Member(quoted_key).append(text.data(), text.size());
    }
  }
  void End() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

void AppendAttributes(std::string& out, std::span<const Attribute> attributes);

void AppendAnyValue(std::string& out, const Value& value) {
  switch (value.type()) {
    case ValueType::kEmpty:
      out += "{}";
      return;
    case ValueType::kString:
      AppendGoJsonString(out += "{\"stringValue\":", value.text());
      break;
    case ValueType::kBool:
      out += value.boolean() ? "{\"boolValue\":true" : "{\"boolValue\":false";
      break;
    case ValueType::kInt:
      AppendInteger(out += "{\"intValue\":\"", value.integer());
      out += '"';
      break;
    case ValueType::kDouble:
      AppendDouble(out += "{\"doubleValue\":", value.real());
      break;
    case ValueType::kBytes:
      AppendBase64(out += "{\"bytesValue\":\"", value.text());
      out += '"';
      break;
    case ValueType::kArray: {
      out += "{\"arrayValue\":{";
      std::string_view separator = "\"values\":[";
      for (const Value& element : value.elements()) {
        out += separator;
        separator = ",";
        AppendAnyValue(out, element);
      }
      out += value.elements().empty() ? "}" : "]}";
      break;
    }
    case ValueType::kMap:
      out += "{\"kvlistValue\":{";
      if (!value.entries().empty()) {
        AppendAttributes(out += "\"values\":", value.entries());
      }
      out += '}';
      break;
  }
  out += '}';
}

void AppendAttribute(std::string& out, std::string_view key, const Value& value) {
  ObjectWriter object(out);
  object.Text("\"key\":", key);
  AppendAnyValue(object.Member("\"value\":"), value);
  object.End();
}

void AppendAttributes(std::string& out, std::span<const Attribute> attributes) {
  char separator = '[';
  for (const Attribute& attribute : attributes) {
    out += separator;
    separator = ',';
    AppendAttribute(out, attribute.key, attribute.value);
  }
  out += ']';
}

void AttributesMember(ObjectWriter& object, std::span<const Attribute> attributes) {
  if (!attributes.empty()) {
    AppendAttributes(object.Member("\"attributes\":"), attributes);
  }
}

void AppendEvent(std::string& out, const Event& event) {
  ObjectWriter object(out);
  object.Time("\"timeUnixNano\":", event.time);
  object.Text("\"name\":", event.name);
  AttributesMember(object, event.attributes);
  object.Number("\"droppedAttributesCount\":", event.dropped_attributes);
  object.End();
}

void AppendLink(std::string& out, const Link& link) {
  ObjectWriter object(out);
  object.TraceIdMember("\"traceId\":", link.trace_id);
  object.SpanIdMember("\"spanId\":", link.span_id);
  object.Text("\"traceState\":", link.trace_state);
  AttributesMember(object, link.attributes);
  object.Number("\"droppedAttributesCount\":", link.dropped_attributes);
  object.Number("\"flags\":", link.flags);
  object.End();
}

template <typename T, typename Append>
void ListMember(ObjectWriter& object, std::string_view quoted_key, std::span<const T> items,
                const Append& append) {
  if (items.empty()) {
    return;
  }
  std::string& out = object.Member(quoted_key);
  char separator = '[';
  for (const T& item : items) {
    out += separator;
    separator = ',';
    append(out, item);
  }
  out += ']';
}

void AppendStatus(std::string& out, const Span& span) {
  ObjectWriter object(out);
  object.Text("\"message\":", span.status_message);
  object.Number("\"code\":", static_cast<std::uint64_t>(span.status));
  object.End();
}

void AppendSpan(std::string& out, const Span& span) {
  ObjectWriter object(out);
  object.TraceIdMember("\"traceId\":", span.trace_id);
  object.SpanIdMember("\"spanId\":", span.span_id);
  object.Text("\"traceState\":", span.trace_state);
  object.SpanIdMember("\"parentSpanId\":", span.parent_span_id);
  object.Number("\"flags\":", span.flags);
  object.Text("\"name\":", span.name);
  object.Number("\"kind\":", static_cast<std::uint64_t>(span.kind));
  object.Time("\"startTimeUnixNano\":", span.start_time);
  object.Time("\"endTimeUnixNano\":", AddSaturating(span.start_time, span.duration));
  AttributesMember(object, span.attributes);
  object.Number("\"droppedAttributesCount\":", span.dropped_attributes);
  ListMember<Event>(object, "\"events\":", span.events, AppendEvent);
  object.Number("\"droppedEventsCount\":", span.dropped_events);
  ListMember<Link>(object, "\"links\":", span.links, AppendLink);
  object.Number("\"droppedLinksCount\":", span.dropped_links);
  AppendStatus(object.Member("\"status\":"), span);
  object.End();
}

void AppendResource(std::string& out, const Span& span) {
  const Resource& resource = *span.resource;
  ObjectWriter object(out);
  if (resource.has_service_name || !resource.attributes.empty()) {
    object.Member("\"attributes\":");
    char separator = '[';
    if (resource.has_service_name) {
      AppendAttribute(out += separator, "service.name", Value::String(resource.service_name));
      separator = ',';
    }
    for (const Attribute& attribute : resource.attributes) {
      AppendAttribute(out += separator, OtlpResourceKey(span.format, attribute.key),
                      attribute.value);
      separator = ',';
    }
    out += ']';
  }
  object.Number("\"droppedAttributesCount\":", resource.dropped_attributes);
  object.End();
}

void AppendScope(std::string& out, const Scope& scope) {
  ObjectWriter object(out);
  object.Text("\"name\":", scope.name);
  object.Text("\"version\":", scope.version);
  AttributesMember(object, scope.attributes);
  object.Number("\"droppedAttributesCount\":", scope.dropped_attributes);
  object.End();
}

// Ends the object and its list: `],"schemaUrl":"..."}`.
void AppendEndOfGroup(std::string& out, std::string_view schema_url) {
  out += ']';
  if (!schema_url.empty()) {
    AppendGoJsonString(out += ",\"schemaUrl\":", schema_url);
  }
  out += '}';
}

const Scope& ScopeOf(const Span& span) {
  static const Scope none;
  return span.scope == nullptr ? none : *span.scope;
}

}  // namespace

void OtlpJsonWriter::Begin() { out_ += "{\"resourceSpans\":["; }

void OtlpJsonWriter::AddSpans(std::span<const Span> spans) {
  const SpanGroups groups(spans);
  const auto members = groups.members();
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Span& span = *members[i].span;
    const bool new_resource = i == 0 || members[i].resource != members[i - 1].resource;
    const bool new_scope = new_resource || members[i].scope != members[i - 1].scope;
    if (new_scope && !new_resource) {
      AppendEndOfGroup(out_, ScopeOf(*members[i - 1].span).schema_url);
      out_ += ',';
    }
    if (new_resource) {
      if (i > 0) {
        AppendEndOfGroup(out_, ScopeOf(*members[i - 1].span).schema_url);
        AppendEndOfGroup(out_, members[i - 1].span->resource->schema_url);
      }
      out_ += first_resource_ ? "{\"resource\":" : ",{\"resource\":";
      first_resource_ = false;
      AppendResource(out_, span);
      out_ += ",\"scopeSpans\":[";
    }
    if (new_scope) {
      AppendScope(out_ += "{\"scope\":", ScopeOf(span));
      out_ += ",\"spans\":[";
    } else {
      out_ += ',';
    }
    AppendSpan(out_, shaper_.Shape(span));
  }
  if (!members.empty()) {
    AppendEndOfGroup(out_, ScopeOf(*members.back().span).schema_url);
    AppendEndOfGroup(out_, members.back().span->resource->schema_url);
  }
}

void OtlpJsonWriter::End() { out_ += "]}"; }

}  // namespace pugmark
