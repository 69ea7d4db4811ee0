#include "proto/codec/otlp_encoder.h"

#include <bit>

#include "common/base/bytes.h"
#include "proto/codec/otlp_shape.h"
#include "proto/codec/reverse_writer.h"
#include "proto/codec/span_groups.h"

namespace pugmark {
namespace {

constexpr std::size_t kUsualSpanBytes = 1024;

std::uint64_t ToWire(UnixTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

// Writes back to front: groups, spans and fields in reverse order.
class OtlpEncoder {
 public:
  explicit OtlpEncoder(std::size_t spans) : writer_((spans + 1) * kUsualSpanBytes) {}

  [[nodiscard]] std::string_view view() const { return writer_.view(); }

  void TracesData(std::span<const SpanGroups::Member> members) {
    while (!members.empty()) {
      const Span& last = *members.back().span;
      const std::uint32_t resource = members.back().resource;
      const std::size_t before = writer_.size();
      writer_.TextField(3, last.resource->schema_url);
      while (!members.empty() && members.back().resource == resource) {
        members = ScopeSpans(members);
      }
      ResourceField(last);
      writer_.EndMessage(1, before);
    }
  }

 private:
  // Writes the last scope of `members`; what precedes it is left.
  std::span<const SpanGroups::Member> ScopeSpans(std::span<const SpanGroups::Member> members) {
    static const Scope kNoScope;
    const SpanGroups::Member group = members.back();
    const Scope& scope = group.span->scope == nullptr ? kNoScope : *group.span->scope;
    const std::size_t before = writer_.size();
    writer_.TextField(3, scope.schema_url);
    while (!members.empty() && members.back().resource == group.resource &&
           members.back().scope == group.scope) {
      SpanField(shaper_.Shape(*members.back().span));
      members = members.first(members.size() - 1);
    }
    ScopeField(scope);
    writer_.EndMessage(2, before);
    return members;
  }

  void ResourceField(const Span& span) {
    const Resource& resource = *span.resource;
    const std::size_t before = writer_.size();
    writer_.VarintField(2, resource.dropped_attributes);
    for (std::size_t i = resource.attributes.size(); i-- > 0;) {
      const Attribute& attribute = resource.attributes[i];
      AttributeField(1, OtlpResourceKey(span.format, attribute.key), attribute.value);
    }
    if (resource.has_service_name) {
      AttributeField(1, "service.name", Value::String(resource.service_name));
    }
    writer_.EndMessage(1, before);
  }

  void ScopeField(const Scope& scope) {
    const std::size_t before = writer_.size();
    writer_.VarintField(4, scope.dropped_attributes);
    AttributeFields(3, scope.attributes);
    writer_.TextField(2, scope.version);
    writer_.TextField(1, scope.name);
    writer_.EndMessage(1, before);
  }

  void SpanField(const Span& span) {
    const std::size_t before = writer_.size();
    writer_.Fixed32Field(16, span.flags);
    StatusField(span);
    writer_.VarintField(14, span.dropped_links);
    for (std::size_t i = span.links.size(); i-- > 0;) {
      LinkField(span.links[i]);
    }
    writer_.VarintField(12, span.dropped_events);
    for (std::size_t i = span.events.size(); i-- > 0;) {
      EventField(span.events[i]);
    }
    writer_.VarintField(10, span.dropped_attributes);
    AttributeFields(9, span.attributes);
    writer_.Fixed64Field(8, ToWire(AddSaturating(span.start_time, span.duration)));
    writer_.Fixed64Field(7, ToWire(span.start_time));
    writer_.VarintField(6, static_cast<std::uint64_t>(span.kind));
    writer_.TextField(5, span.name);
    SpanIdField(4, span.parent_span_id);
    writer_.TextField(3, span.trace_state);
    SpanIdField(2, span.span_id);
    TraceIdField(1, span.trace_id);
    writer_.EndMessage(2, before);
  }

  void StatusField(const Span& span) {
    const std::size_t before = writer_.size();
    writer_.VarintField(3, static_cast<std::uint64_t>(span.status));
    writer_.TextField(2, span.status_message);
    if (writer_.size() != before) {
      writer_.EndMessage(15, before);
    }
  }

  void EventField(const Event& event) {
    const std::size_t before = writer_.size();
    writer_.VarintField(4, event.dropped_attributes);
    AttributeFields(3, event.attributes);
    writer_.TextField(2, event.name);
    writer_.Fixed64Field(1, ToWire(event.time));
    writer_.EndMessage(11, before);
  }

  void LinkField(const Link& link) {
    const std::size_t before = writer_.size();
    writer_.Fixed32Field(6, link.flags);
    writer_.VarintField(5, link.dropped_attributes);
    AttributeFields(4, link.attributes);
    writer_.TextField(3, link.trace_state);
    SpanIdField(2, link.span_id);
    TraceIdField(1, link.trace_id);
    writer_.EndMessage(13, before);
  }

  // An id of zeros is none.
  void TraceIdField(std::uint32_t field, TraceId id) {
    if (!id.IsZero()) {
      char bytes[16];
      id.ToBigEndian(bytes);
      writer_.BytesField(field, {bytes, sizeof bytes});
    }
  }
  void SpanIdField(std::uint32_t field, SpanId id) {
    if (id != 0) {
      char bytes[8];
      StoreBig64(bytes, id);
      writer_.BytesField(field, {bytes, sizeof bytes});
    }
  }

  void AttributeFields(std::uint32_t field, std::span<const Attribute> attributes) {
    for (std::size_t i = attributes.size(); i-- > 0;) {
      AttributeField(field, attributes[i].key, attributes[i].value);
    }
  }

  void AttributeField(std::uint32_t field, std::string_view key, const Value& value) {
    const std::size_t before = writer_.size();
    AnyValueField(2, value);
    writer_.TextField(1, key);
    writer_.EndMessage(field, before);
  }

  // A member of a oneof is written also when it is zero or empty.
  void AnyValueField(std::uint32_t field, const Value& value) {
    const std::size_t before = writer_.size();
    switch (value.type()) {
      case ValueType::kEmpty:
        break;
      case ValueType::kString:
        writer_.BytesField(1, value.text());
        break;
      case ValueType::kBool:
        writer_.Varint(value.boolean() ? 1 : 0);
        writer_.Tag(2, 0);
        break;
      case ValueType::kInt:
        writer_.Varint(static_cast<std::uint64_t>(value.integer()));
        writer_.Tag(3, 0);
        break;
      case ValueType::kDouble:
        writer_.Fixed64(std::bit_cast<std::uint64_t>(value.real()));
        writer_.Tag(4, 1);
        break;
      case ValueType::kArray:
        for (std::size_t i = value.elements().size(); i-- > 0;) {
          AnyValueField(1, value.elements()[i]);
        }
        writer_.EndMessage(5, before);
        break;
      case ValueType::kMap:
        AttributeFields(1, value.entries());
        writer_.EndMessage(6, before);
        break;
      case ValueType::kBytes:
        writer_.BytesField(7, value.text());
        break;
    }
    writer_.EndMessage(field, before);
  }

  ReverseWriter writer_;
  OtlpShaper shaper_;
};

}  // namespace

void AppendTracesData(std::string& out, std::span<const Span> spans) {
  const SpanGroups groups(spans);
  OtlpEncoder encoder(spans.size());
  encoder.TracesData(groups.members());
  out += encoder.view();
}

}  // namespace pugmark
