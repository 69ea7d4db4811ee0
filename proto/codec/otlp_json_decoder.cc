#include "proto/codec/otlp_json_decoder.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "common/base/hex.h"
#include "proto/codec/json_cursor.h"
#include "proto/codec/otlp_shape.h"
#include "proto/codec/scratch_list.h"
#include "proto/codec/text_limits.h"

namespace pugmark {
namespace {

constexpr std::array<std::string_view, 6> kKindNames{"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                                     "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                                     "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};
constexpr std::array<std::string_view, 3> kStatusNames{"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                                       "STATUS_CODE_ERROR"};

// Whether `key` is `camel`, or the same name in snake_case.
bool Is(std::string_view key, std::string_view camel) {
  if (key == camel) [[likely]] {
    return true;
  }
  std::size_t i = 0;
  for (const char c : camel) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && (i >= key.size() || key[i++] != '_')) {
      return false;
    }
    if (i >= key.size() || key[i++] != static_cast<char>(upper ? c | 0x20 : c)) {
      return false;
    }
  }
  return i == key.size();
}

std::int64_t Saturated(std::uint64_t value) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::int64_t>::max()));
}

std::uint32_t AddSaturated(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t sum = a + b;
  return sum < a ? std::numeric_limits<std::uint32_t>::max() : sum;
}

class OtlpJsonDecoder {
 public:
  explicit OtlpJsonDecoder(SpanBatch& batch)
      : batch_(batch),
        limits_(batch.limits()),
        cursor_(batch.payload(), batch.arena()),
        spans_(span_stack_, limits_.max_spans),
        resources_(resource_stack_, limits_.max_spans) {}

  DecodeStatus Decode() {
    if (cursor_.Peek() != '{') {
      cursor_.Fail(batch_.payload().empty() ? DecodeError::kTruncated : DecodeError::kMalformed);
    }
    cursor_.EachMember([this](std::string_view key) {
      if (!Is(key, "resourceSpans")) {
        return false;
      }
      cursor_.EachElement([this] { ReadResourceSpans(); });
      return true;
    });
    cursor_.ExpectEnd();
    return Finish();
  }

 private:
  // A resource and the number of the first span behind its own.
  struct ResourceOfSpans {
    Resource resource;
    std::size_t end = 0;
  };

  DecodeStatus Finish() {
    if (spans_.dropped() > 0) {
      cursor_.Fail(DecodeError::kTooManySpans);
    }
    const std::span<Span> spans = spans_.CopyTo(batch_.arena());
    auto* const resources = batch_.arena().Allocate<Resource>(resources_.size());
    if (batch_.arena().exhausted()) {
      cursor_.Fail(DecodeError::kTooLarge);
    }
    if (!cursor_.ok()) {
      return cursor_.status();
    }
    std::size_t span = 0;
    for (std::size_t i = 0; i < resources_.size(); ++i) {
      resources[i] = resources_.At(i).resource;
      for (; span < resources_.At(i).end; ++span) {
        spans[span].resource = &resources[i];
      }
    }
    batch_.SetContents(spans, {resources, resources_.size()});
    batch_.format = SourceFormat::kOtlp;
    batch_.rejected_spans = rejected_spans_;
    return {};
  }

  void ReadResourceSpans() {
    const std::size_t spans_before = spans_.size();
    ResourceOfSpans found;
    cursor_.EachMember([&](std::string_view key) {
      if (Is(key, "resource")) {
        ReadResource(found.resource);
      } else if (Is(key, "scopeSpans")) {
        cursor_.EachElement([this] { ReadScopeSpans(); });
      } else if (Is(key, "schemaUrl")) {
        found.resource.schema_url = ReadText();
      } else {
        return false;
      }
      return true;
    });
    if (spans_.size() > spans_before) {
      found.end = spans_.size();
      resources_.Add(found);
    }
  }

  void ReadResource(Resource& resource) {
    ScratchList<Attribute> attributes(attribute_stack_, limits_.max_attributes);
    std::uint32_t dropped = 0;
    resource.service_name = {};
    resource.has_service_name = false;
    cursor_.EachMember([&](std::string_view key) {
      if (Is(key, "attributes")) {
        cursor_.EachElement([&] {
          const Attribute attribute = ReadAttribute();
          if (attribute.key == "service.name" && attribute.value.type() == ValueType::kString &&
              !resource.has_service_name) {
            resource.service_name = attribute.value.text();
            resource.has_service_name = true;
          } else {
            attributes.Add(attribute);
          }
        });
      } else if (Is(key, "droppedAttributesCount")) {
        dropped = cursor_.ReadUint32();
      } else {
        return false;
      }
      return true;
    });
    resource.attributes = attributes.CopyTo(batch_.arena());
    resource.dropped_attributes = AddSaturated(dropped, attributes.dropped());
  }

  void ReadScopeSpans() {
    auto* const scope = batch_.arena().Allocate<Scope>(1);
    if (scope == nullptr) {
      cursor_.Fail(DecodeError::kTooLarge);
      return;
    }
    *scope = Scope();
    cursor_.EachMember([&](std::string_view key) {
      if (Is(key, "spans")) {
        cursor_.EachElement([&] { ReadSpan(*scope); });
      } else if (Is(key, "scope")) {
        ReadScope(*scope);
      } else if (Is(key, "schemaUrl")) {
        scope->schema_url = ReadText();
      } else {
        return false;
      }
      return true;
    });
  }

  void ReadScope(Scope& scope) {
    ScratchList<Attribute> attributes(attribute_stack_, limits_.max_attributes);
    std::uint32_t dropped = 0;
    cursor_.EachMember([&](std::string_view key) {
      if (Is(key, "name")) {
        scope.name = ReadText();
      } else if (Is(key, "version")) {
        scope.version = ReadText();
      } else if (Is(key, "attributes")) {
        ReadAttributes(attributes);
      } else if (Is(key, "droppedAttributesCount")) {
        dropped = cursor_.ReadUint32();
      } else {
        return false;
      }
      return true;
    });
    scope.attributes = attributes.CopyTo(batch_.arena());
    scope.dropped_attributes = AddSaturated(dropped, attributes.dropped());
  }

  void ReadSpan(const Scope& scope) {
    SpanParts parts(*this);
    cursor_.EachMember([&](std::string_view key) { return ReadSpanMember(key, parts); });
    Span& span = parts.span;
    span.format = SourceFormat::kOtlp;
    span.scope = &scope;
    span.start_time = UnixTime(Nanoseconds(Saturated(parts.start)));
    span.duration = Nanoseconds(parts.end >= parts.start ? Saturated(parts.end - parts.start)
                                                         : -Saturated(parts.start - parts.end));
    span.attributes = parts.attributes.CopyTo(batch_.arena());
    span.dropped_attributes = AddSaturated(span.dropped_attributes, parts.attributes.dropped());
    span.events = parts.events.CopyTo(batch_.arena());
    span.dropped_events = AddSaturated(span.dropped_events, parts.events.dropped());
    span.links = parts.links.CopyTo(batch_.arena());
    span.dropped_links = AddSaturated(span.dropped_links, parts.links.dropped());
    if (parts.good_ids) {
      spans_.Add(span);
    } else {
      ++rejected_spans_;
    }
  }

  struct SpanParts {
    explicit SpanParts(OtlpJsonDecoder& decoder)
        : attributes(decoder.attribute_stack_, decoder.limits_.max_attributes),
          events(decoder.event_stack_, decoder.limits_.max_events),
          links(decoder.link_stack_, decoder.limits_.max_links) {}

    Span span;
    ScratchList<Attribute> attributes;
    ScratchList<Event> events;
    ScratchList<Link> links;
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    bool good_ids = true;
  };

  // In the order in which exporters write the members.
  bool ReadSpanMember(std::string_view key, SpanParts& parts) {
    Span& span = parts.span;
    if (Is(key, "traceId")) {
      parts.good_ids &= ReadTraceId(span.trace_id);
    } else if (Is(key, "spanId")) {
      parts.good_ids &= ReadSpanId(span.span_id);
    } else if (Is(key, "parentSpanId")) {
      parts.good_ids &= ReadSpanId(span.parent_span_id);
    } else if (Is(key, "name")) {
      span.name = ReadText();
    } else if (Is(key, "kind")) {
      const std::uint32_t kind = ReadEnum(kKindNames);
      span.kind = kind <= 0xff ? static_cast<SpanKind>(kind) : SpanKind::kUnspecified;
    } else if (Is(key, "startTimeUnixNano")) {
      parts.start = cursor_.ReadUint64();
    } else if (Is(key, "endTimeUnixNano")) {
      parts.end = cursor_.ReadUint64();
    } else if (Is(key, "attributes")) {
      ReadSpanAttributes(parts);
    } else if (Is(key, "events")) {
      cursor_.EachElement([&] { parts.events.Add(ReadEvent()); });
    } else if (Is(key, "status")) {
      ReadStatus(span);
    } else if (Is(key, "links")) {
      cursor_.EachElement([&] {
        Link link;
        parts.good_ids &= ReadLink(link);
        parts.links.Add(link);
      });
    } else {
      return ReadRareSpanMember(key, span);
    }
    return true;
  }

  bool ReadRareSpanMember(std::string_view key, Span& span) {
    if (Is(key, "traceState")) {
      span.trace_state = ReadText();
    } else if (Is(key, "flags")) {
      span.flags = cursor_.ReadUint32();
    } else if (Is(key, "droppedAttributesCount")) {
      span.dropped_attributes = cursor_.ReadUint32();
    } else if (Is(key, "droppedEventsCount")) {
      span.dropped_events = cursor_.ReadUint32();
    } else if (Is(key, "droppedLinksCount")) {
      span.dropped_links = cursor_.ReadUint32();
    } else {
      return false;
    }
    return true;
  }

  void ReadSpanAttributes(SpanParts& parts) {
    cursor_.EachElement([&] {
      const Attribute attribute = ReadAttribute();
      if (!IsWarnings(attribute)) [[likely]] {
        parts.attributes.Add(attribute);
      } else {
        parts.span.warnings = WarningsOf(batch_, attribute.value);
      }
    });
  }

  void ReadStatus(Span& span) {
    cursor_.EachMember([&](std::string_view key) {
      if (key == "code") {
        const std::uint32_t code = ReadEnum(kStatusNames);
        span.status = code <= static_cast<std::uint32_t>(StatusCode::kError)
                          ? static_cast<StatusCode>(code)
                          : StatusCode::kUnset;
      } else if (key == "message") {
        span.status_message = ReadText();
      } else {
        return false;
      }
      return true;
    });
  }

  Event ReadEvent() {
    Event event;
    ScratchList<Attribute> attributes(attribute_stack_, limits_.max_attributes);
    cursor_.EachMember([&](std::string_view key) {
      if (Is(key, "timeUnixNano")) {
        event.time = UnixTime(Nanoseconds(Saturated(cursor_.ReadUint64())));
      } else if (Is(key, "name")) {
        event.name = ReadText();
      } else if (Is(key, "attributes")) {
        ReadAttributes(attributes);
      } else if (Is(key, "droppedAttributesCount")) {
        event.dropped_attributes = cursor_.ReadUint32();
      } else {
        return false;
      }
      return true;
    });
    event.attributes = attributes.CopyTo(batch_.arena());
    event.dropped_attributes = AddSaturated(event.dropped_attributes, attributes.dropped());
    return event;
  }

  bool ReadLink(Link& link) {
    bool good_ids = true;
    ScratchList<Attribute> attributes(attribute_stack_, limits_.max_attributes);
    cursor_.EachMember([&](std::string_view key) {
      if (Is(key, "traceId")) {
        good_ids &= ReadTraceId(link.trace_id);
      } else if (Is(key, "spanId")) {
        good_ids &= ReadSpanId(link.span_id);
      } else if (Is(key, "traceState")) {
        link.trace_state = ReadText();
      } else if (Is(key, "attributes")) {
        ReadAttributes(attributes);
      } else if (Is(key, "droppedAttributesCount")) {
        link.dropped_attributes = cursor_.ReadUint32();
      } else if (Is(key, "flags")) {
        link.flags = cursor_.ReadUint32();
      } else {
        return false;
      }
      return true;
    });
    link.attributes = attributes.CopyTo(batch_.arena());
    link.dropped_attributes = AddSaturated(link.dropped_attributes, attributes.dropped());
    link.ref_type = RefTypeOf(link.attributes);
    return good_ids;
  }

  // A number, or one of `names`.
  template <std::size_t kCount>
  std::uint32_t ReadEnum(const std::array<std::string_view, kCount>& names) {
    if (cursor_.Peek() != '"') {
      return static_cast<std::uint32_t>(cursor_.ReadInt64());
    }
    const auto* const found = std::find(names.begin(), names.end(), cursor_.ReadString());
    if (found == names.end()) {
      cursor_.Fail(DecodeError::kMalformed);
      return 0;
    }
    return static_cast<std::uint32_t>(found - names.begin());
  }

  // False for a length that no id has.
  bool ReadTraceId(TraceId& id) {
    const std::string_view text = cursor_.ReadString();
    id = TraceId();
    if (text.size() == 32) {
      CheckHex(ParseHex(text.substr(0, 16), id.high) && ParseHex(text.substr(16), id.low));
      return true;
    }
    return IsAbsentId(text);
  }
  bool ReadSpanId(SpanId& id) {
    const std::string_view text = cursor_.ReadString();
    id = 0;
    if (text.size() == 16) {
      CheckHex(ParseHex(text, id));
      return true;
    }
    return IsAbsentId(text);
  }
  bool IsAbsentId(std::string_view text) {
    CheckHex(text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos);
    return text.empty();
  }
  void CheckHex(bool is_hex) {
    if (!is_hex) {
      cursor_.Fail(DecodeError::kBadId);
    }
  }

  std::string_view Cut(std::string_view text) {
    return text.size() > limits_.max_value_bytes ? CutText(batch_, text) : text;
  }
  std::string_view ReadText() { return Cut(cursor_.ReadString()); }

  void ReadAttributes(ScratchList<Attribute>& attributes) {
    cursor_.EachElement([&] { attributes.Add(ReadAttribute()); });
  }

  Attribute ReadAttribute() {
    Attribute attribute;
    const JsonCursor::Mark start = cursor_.mark();
    if (ReadUsualAttribute(attribute)) {
      attribute.key = Cut(attribute.key);
      if (attribute.value.type() == ValueType::kString) {
        attribute.value = Value::String(Cut(attribute.value.text()));
      }
      return attribute;
    }
    if (!cursor_.ok()) {
      return {};
    }
    cursor_.GoBack(start);
    return ReadKeyValue();
  }

  // The form in which exporters write an attribute: no space, the key first, one member, no
  // escapes. False, with nothing decided, for any other.
  bool ReadUsualAttribute(Attribute& attribute) {
    if (!cursor_.TakeLiteral("{\"key\":\"") || !cursor_.TakePlainString(attribute.key) ||
        !cursor_.TakeLiteral(",\"value\":{\"")) {
      return false;
    }
    if (cursor_.TakeLiteral("stringValue\":\"")) {
      std::string_view text;
      if (!cursor_.TakePlainString(text)) {
        return false;
      }
      attribute.value = Value::String(text);
    } else if (cursor_.TakeLiteral("intValue\":")) {
      if (cursor_.Peek() == 'n') {
        return false;
      }
      attribute.value = Value::Int(cursor_.ReadInt64());
    } else if (cursor_.TakeLiteral("boolValue\":true")) {
      attribute.value = Value::Bool(true);
    } else if (cursor_.TakeLiteral("boolValue\":false")) {
      attribute.value = Value::Bool(false);
    } else {
      return false;
    }
    return cursor_.TakeLiteral("}}");
  }

  Attribute ReadKeyValue() {
    Attribute attribute;
    cursor_.EachMember([&](std::string_view key) {
      if (key == "key") {
        attribute.key = ReadText();
      } else if (key == "value") {
        attribute.value = ReadAnyValue();
      } else {
        return false;
      }
      return true;
    });
    return attribute;
  }

  // The last member counts, as in any oneof. A member that is null is none.
  Value ReadAnyValue() {
    Value value;
    cursor_.EachMember([&](std::string_view key) {
      if (cursor_.TakeNull()) {
        return true;
      }
      if (Is(key, "stringValue")) {
        value = Value::String(ReadText());
      } else if (Is(key, "boolValue")) {
        value = Value::Bool(cursor_.ReadBool());
      } else if (Is(key, "intValue")) {
        value = Value::Int(cursor_.ReadInt64());
      } else if (Is(key, "doubleValue")) {
        value = Value::Double(cursor_.ReadDouble());
      } else if (Is(key, "bytesValue")) {
        const std::string_view bytes = cursor_.ReadBase64();
        value =
            Value::Bytes(bytes.size() > limits_.max_value_bytes ? CutBytes(batch_, bytes) : bytes);
      } else if (Is(key, "arrayValue")) {
        value = ReadArray();
      } else if (Is(key, "kvlistValue")) {
        value = ReadMap();
      } else {
        return false;
      }
      return true;
    });
    return value;
  }

  Value ReadArray() {
    ScratchList<Value> elements(value_stack_, limits_.max_arena_bytes / sizeof(Value));
    cursor_.EachMember([&](std::string_view key) {
      if (key != "values") {
        return false;
      }
      cursor_.EachElement([&] { elements.Add(ReadAnyValue()); });
      return true;
    });
    if (elements.dropped() > 0) {
      cursor_.Fail(DecodeError::kTooLarge);
    }
    return Value::Array(elements.CopyTo(batch_.arena()));
  }

  Value ReadMap() {
    ScratchList<Attribute> entries(attribute_stack_, limits_.max_arena_bytes / sizeof(Attribute));
    cursor_.EachMember([&](std::string_view key) {
      if (key != "values") {
        return false;
      }
      cursor_.EachElement([&] { entries.Add(ReadAttribute()); });
      return true;
    });
    if (entries.dropped() > 0) {
      cursor_.Fail(DecodeError::kTooLarge);
    }
    return Value::Map(entries.CopyTo(batch_.arena()));
  }

  SpanBatch& batch_;
  const BatchLimits& limits_;
  JsonCursor cursor_;
  ScratchStack<Attribute> attribute_stack_;
  ScratchStack<Event> event_stack_;
  ScratchStack<Link> link_stack_;
  ScratchStack<Value> value_stack_;
  ScratchStack<Span> span_stack_;
  ScratchStack<ResourceOfSpans> resource_stack_;
  ScratchList<Span> spans_;
  ScratchList<ResourceOfSpans> resources_;
  std::uint32_t rejected_spans_ = 0;
};

}  // namespace

DecodeStatus DecodeOtlpJson(SpanBatch& batch) { return OtlpJsonDecoder(batch).Decode(); }

}  // namespace pugmark
