#include "proto/codec/otlp_decoder.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "common/base/utf8.h"
#include "proto/codec/invalid_text.h"
#include "proto/codec/otlp_shape.h"
#include "proto/codec/proto_cursor.h"
#include "proto/codec/scratch_list.h"
#include "proto/codec/text_limits.h"

namespace pugmark {
namespace {

constexpr int kMaxValueDepth = 32;

constexpr std::uint32_t Bytes(std::uint32_t field) { return ProtoTag(field, kWireBytes); }
constexpr std::uint32_t Varint(std::uint32_t field) { return ProtoTag(field, kWireVarint); }
constexpr std::uint32_t Fixed64(std::uint32_t field) { return ProtoTag(field, kWireFixed64); }
constexpr std::uint32_t Fixed32(std::uint32_t field) { return ProtoTag(field, kWireFixed32); }

std::int64_t Saturated(std::uint64_t value) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::int64_t>::max()));
}

UnixTime TimeFromWire(std::uint64_t ns) { return UnixTime(Nanoseconds(Saturated(ns))); }

Nanoseconds Between(std::uint64_t start, std::uint64_t end) {
  return Nanoseconds(end >= start ? Saturated(end - start) : -Saturated(start - end));
}

std::uint32_t AddSaturated(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t sum = a + b;
  return sum < a ? std::numeric_limits<std::uint32_t>::max() : sum;
}

class OtlpDecoder {
 public:
  explicit OtlpDecoder(SpanBatch& batch)
      : batch_(batch), limits_(batch.limits()), errors_{batch.payload().data(), {}} {}

  DecodeStatus Decode() {
    CountMessages();
    if (!errors_.status.ok() || !Reserve()) {
      return errors_.status;
    }
    ProtoCursor data(batch_.payload(), errors_);
    while (const std::uint32_t tag = data.NextTag()) {
      if (tag == Bytes(1)) {
        ReadResourceSpans(data.ReadBytes());
      } else {
        data.Skip(tag);
      }
    }
    if (batch_.arena().exhausted()) {
      errors_.Note(DecodeError::kTooLarge, batch_.payload().data());
    }
    if (errors_.status.ok()) {
      batch_.SetContents(spans_.first(span_count_), resources_.first(resource_count_));
      batch_.format = SourceFormat::kOtlp;
      batch_.rejected_spans = rejected_spans_;
    }
    return errors_.status;
  }

 private:
  // Which repair the texts of a list of attributes get.
  struct ListText {
    bool to_bytes = false;
    std::uint32_t invalid_keys = 0;
  };

  // A first, quick pass over the outer messages: spans, resources and scopes then lie in the arena
  // from the start, and pointers to them stay.
  void CountMessages() {
    ProtoCursor data(batch_.payload(), errors_);
    while (const std::uint32_t tag = data.NextTag()) {
      if (tag == Bytes(1)) {
        ++resources_sent_;
        CountScopes(data.ReadBytes());
      } else {
        data.Skip(tag);
      }
    }
  }

  void CountScopes(std::string_view message) {
    ProtoCursor resource_spans(message, errors_);
    while (const std::uint32_t tag = resource_spans.NextTag()) {
      if (tag == Bytes(2)) {
        ++scopes_sent_;
        CountSpans(resource_spans.ReadBytes());
      } else {
        resource_spans.Skip(tag);
      }
    }
  }

  void CountSpans(std::string_view message) {
    ProtoCursor scope_spans(message, errors_);
    while (const std::uint32_t tag = scope_spans.NextTag()) {
      spans_sent_ += tag == Bytes(2) ? 1 : 0;
      scope_spans.Skip(tag);
    }
  }

  bool Reserve() {
    Arena& arena = batch_.arena();
    if (spans_sent_ > limits_.max_spans) {
      errors_.Note(DecodeError::kTooManySpans, batch_.payload().data());
      return false;
    }
    resources_ = {arena.Allocate<Resource>(resources_sent_), resources_sent_};
    scopes_ = {arena.Allocate<Scope>(scopes_sent_), scopes_sent_};
    spans_ = {arena.Allocate<Span>(spans_sent_), spans_sent_};
    if (arena.exhausted()) {
      errors_.Note(DecodeError::kTooLarge, batch_.payload().data());
      return false;
    }
    return true;
  }

  void ReadResourceSpans(std::string_view message) {
    const std::size_t spans_before = span_count_;
    Resource& resource = resources_[resource_count_];
    resource = Resource();
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      switch (tag) {
        case Bytes(1):
          ReadResource(cursor.ReadBytes(), resource);
          break;
        case Bytes(2):
          ReadScopeSpans(cursor.ReadBytes(), resource);
          break;
        case Bytes(3):
          resource.schema_url = ReadText(cursor);
          break;
        default:
          cursor.Skip(tag);
      }
    }
    // A resource without spans gives its place to the next.
    resource_count_ += span_count_ > spans_before ? 1 : 0;
  }

  void ReadResource(std::string_view message, Resource& resource) {
    ScratchList<Attribute> attributes(attribute_stack_, limits_.max_attributes);
    ListText text{.to_bytes = true};
    std::uint32_t dropped = 0;
    resource.service_name = {};
    resource.has_service_name = false;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Bytes(1)) {
        const Attribute attribute = ReadAttribute(cursor.ReadBytes(), text);
        if (attribute.key == "service.name" && attribute.value.type() == ValueType::kString &&
            !resource.has_service_name) {
          resource.service_name = attribute.value.text();
          resource.has_service_name = true;
        } else {
          attributes.Add(attribute);
        }
      } else if (tag == Varint(2)) {
        dropped = static_cast<std::uint32_t>(cursor.ReadVarint());
      } else {
        cursor.Skip(tag);
      }
    }
    resource.attributes = attributes.CopyTo(batch_.arena());
    resource.dropped_attributes = AddSaturated(dropped, attributes.dropped());
  }

  void ReadScopeSpans(std::string_view message, Resource& resource) {
    const std::size_t spans_before = span_count_;
    Scope& scope = scopes_[scope_count_];
    scope = Scope();
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      switch (tag) {
        case Bytes(1):
          ReadScope(cursor.ReadBytes(), scope);
          break;
        case Bytes(2): {
          Span& span = spans_[span_count_];
          if (ReadSpan(cursor.ReadBytes(), span)) {
            span.resource = &resource;
            span.scope = &scope;
            ++span_count_;
          } else {
            ++rejected_spans_;
          }
          break;
        }
        case Bytes(3):
          scope.schema_url = ReadText(cursor);
          break;
        default:
          cursor.Skip(tag);
      }
    }
    scope_count_ += span_count_ > spans_before ? 1 : 0;
  }

  void ReadScope(std::string_view message, Scope& scope) {
    ScratchList<Attribute> attributes(attribute_stack_, limits_.max_attributes);
    ListText text{.to_bytes = true};
    std::uint32_t dropped = 0;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      switch (tag) {
        case Bytes(1):
          scope.name = ReadText(cursor);
          break;
        case Bytes(2):
          scope.version = ReadText(cursor);
          break;
        case Bytes(3):
          attributes.Add(ReadAttribute(cursor.ReadBytes(), text));
          break;
        case Varint(4):
          dropped = static_cast<std::uint32_t>(cursor.ReadVarint());
          break;
        default:
          cursor.Skip(tag);
      }
    }
    scope.attributes = attributes.CopyTo(batch_.arena());
    scope.dropped_attributes = AddSaturated(dropped, attributes.dropped());
  }

  // False when the span has to be left out.
  bool ReadSpan(std::string_view message, Span& span) {
    span = Span();
    span.format = SourceFormat::kOtlp;
    ScratchList<Attribute> attributes(attribute_stack_, limits_.max_attributes);
    ScratchList<Event> events(event_stack_, limits_.max_events);
    ScratchList<Link> links(link_stack_, limits_.max_links);
    ListText text{.to_bytes = true};
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    bool good_ids = true;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      switch (tag) {
        case Bytes(1):
          good_ids &= ReadTraceId(cursor, span.trace_id);
          break;
        case Bytes(2):
          good_ids &= ReadSpanId(cursor, span.span_id);
          break;
        case Bytes(3):
          span.trace_state = ReadText(cursor);
          break;
        case Bytes(4):
          good_ids &= ReadSpanId(cursor, span.parent_span_id);
          break;
        case Bytes(5):
          span.name = cursor.ReadBytes();
          break;
        case Varint(6):
          span.kind = ToKind(static_cast<std::uint32_t>(cursor.ReadVarint()));
          break;
        case Fixed64(7):
          start = cursor.ReadFixed64();
          break;
        case Fixed64(8):
          end = cursor.ReadFixed64();
          break;
        case Bytes(9): {
          const Attribute attribute = ReadAttribute(cursor.ReadBytes(), text);
          if (!IsWarnings(attribute)) [[likely]] {
            attributes.Add(attribute);
          } else {
            span.warnings = WarningsOf(batch_, attribute.value);
          }
          break;
        }
        case Varint(10):
          span.dropped_attributes = static_cast<std::uint32_t>(cursor.ReadVarint());
          break;
        case Bytes(11):
          events.Add(ReadEvent(cursor.ReadBytes()));
          break;
        case Varint(12):
          span.dropped_events = static_cast<std::uint32_t>(cursor.ReadVarint());
          break;
        case Bytes(13): {
          Link link;
          good_ids &= ReadLink(cursor.ReadBytes(), link);
          links.Add(link);
          break;
        }
        case Varint(14):
          span.dropped_links = static_cast<std::uint32_t>(cursor.ReadVarint());
          break;
        case Bytes(15):
          ReadStatus(cursor.ReadBytes(), span);
          break;
        case Fixed32(16):
          span.flags = cursor.ReadFixed32();
          break;
        default:
          cursor.Skip(tag);
      }
    }
    CheckName(span, attributes);
    span.start_time = TimeFromWire(start);
    span.duration = Between(start, end);
    span.attributes = attributes.CopyTo(batch_.arena());
    span.dropped_attributes = AddSaturated(span.dropped_attributes, attributes.dropped());
    span.events = events.CopyTo(batch_.arena());
    span.dropped_events = AddSaturated(span.dropped_events, events.dropped());
    span.links = links.CopyTo(batch_.arena());
    span.dropped_links = AddSaturated(span.dropped_links, links.dropped());
    return good_ids;
  }

  void CheckName(Span& span, ScratchList<Attribute>& attributes) {
    if (!IsValidUtf8(span.name)) [[unlikely]] {
      attributes.Add({kInvalidSpanName, Value::Bytes(Cut(span.name, CutBytes))});
      span.name = kInvalidSpanName;
    }
    span.name = Cut(span.name, CutText);
  }

  // Kinds of a newer schema are kept, as far as a byte holds them.
  static SpanKind ToKind(std::uint32_t number) {
    return number <= 0xff ? static_cast<SpanKind>(number) : SpanKind::kUnspecified;
  }

  void ReadStatus(std::string_view message, Span& span) {
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Bytes(2)) {
        span.status_message = ReadText(cursor);
      } else if (tag == Varint(3)) {
        const auto number = static_cast<std::uint32_t>(cursor.ReadVarint());
        span.status = number <= static_cast<std::uint32_t>(StatusCode::kError)
                          ? static_cast<StatusCode>(number)
                          : StatusCode::kUnset;
      } else {
        cursor.Skip(tag);
      }
    }
  }

  Event ReadEvent(std::string_view message) {
    Event event;
    ScratchList<Attribute> attributes(attribute_stack_, limits_.max_attributes);
    ListText text;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      switch (tag) {
        case Fixed64(1):
          event.time = TimeFromWire(cursor.ReadFixed64());
          break;
        case Bytes(2):
          event.name = ReadText(cursor);
          break;
        case Bytes(3):
          attributes.Add(ReadAttribute(cursor.ReadBytes(), text));
          break;
        case Varint(4):
          event.dropped_attributes = static_cast<std::uint32_t>(cursor.ReadVarint());
          break;
        default:
          cursor.Skip(tag);
      }
    }
    event.attributes = attributes.CopyTo(batch_.arena());
    event.dropped_attributes = AddSaturated(event.dropped_attributes, attributes.dropped());
    return event;
  }

  bool ReadLink(std::string_view message, Link& link) {
    ScratchList<Attribute> attributes(attribute_stack_, limits_.max_attributes);
    ListText text;
    bool good_ids = true;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      switch (tag) {
        case Bytes(1):
          good_ids &= ReadTraceId(cursor, link.trace_id);
          break;
        case Bytes(2):
          good_ids &= ReadSpanId(cursor, link.span_id);
          break;
        case Bytes(3):
          link.trace_state = ReadText(cursor);
          break;
        case Bytes(4):
          attributes.Add(ReadAttribute(cursor.ReadBytes(), text));
          break;
        case Varint(5):
          link.dropped_attributes = static_cast<std::uint32_t>(cursor.ReadVarint());
          break;
        case Fixed32(6):
          link.flags = cursor.ReadFixed32();
          break;
        default:
          cursor.Skip(tag);
      }
    }
    link.attributes = attributes.CopyTo(batch_.arena());
    link.dropped_attributes = AddSaturated(link.dropped_attributes, attributes.dropped());
    link.ref_type = RefTypeOf(link.attributes);
    return good_ids;
  }

  // False for a length that no id has. An absent id may be sent as an empty one.
  static bool ReadTraceId(ProtoCursor& cursor, TraceId& id) {
    const std::string_view bytes = cursor.ReadBytes();
    id = bytes.size() == 16 ? TraceId::FromBigEndian(bytes) : TraceId();
    return bytes.size() == 16 || bytes.empty();
  }
  static bool ReadSpanId(ProtoCursor& cursor, SpanId& id) {
    const std::string_view bytes = cursor.ReadBytes();
    id = bytes.size() == 8 ? LoadBig64(bytes.data()) : 0;
    return bytes.size() == 8 || bytes.empty();
  }

  template <typename CutFunction>
  std::string_view Cut(std::string_view text, const CutFunction& cut) {
    return text.size() > limits_.max_value_bytes ? cut(batch_, text) : text;
  }

  std::string_view ReadText(ProtoCursor& cursor) {
    std::string_view text = cursor.ReadBytes();
    if (!IsValidUtf8(text)) [[unlikely]] {
      text = RepairText(batch_, text);
    }
    return Cut(text, CutText);
  }

  Attribute ReadAttribute(std::string_view message, ListText& text) {
    Attribute attribute;
    if (!ReadShortAttribute(message, attribute)) {
      attribute = ReadKeyValue(message, 0);
    }
    if (!IsValidUtf8(attribute.key) || !HasValidValue(attribute)) [[unlikely]] {
      if (text.to_bytes) {
        TurnInvalidIntoBytes(batch_, attribute, text.invalid_keys);
      } else {
        ReplaceInvalid(batch_, attribute);
      }
    }
    attribute.key = Cut(attribute.key, CutText);
    if (attribute.value.text().size() > limits_.max_value_bytes) [[unlikely]] {
      attribute.value = CutValue(attribute.value);
    }
    return attribute;
  }

  static bool HasValidValue(const Attribute& attribute) {
    switch (attribute.value.type()) {
      case ValueType::kString:
        return IsValidUtf8(attribute.value.text());
      case ValueType::kArray:
      case ValueType::kMap:
        return HasValidText(attribute);
      default:
        return true;
    }
  }

  Value CutValue(const Value& value) {
    return value.type() == ValueType::kString ? Value::String(CutText(batch_, value.text()))
                                              : Value::Bytes(CutBytes(batch_, value.text()));
  }

  // The usual form of an attribute, as every encoder writes it: a key, then a value with one
  // member, all lengths in one byte. False, with nothing decided, for any other.
  static bool ReadShortAttribute(std::string_view message, Attribute& attribute) {
    const auto at = [&message](std::size_t i) { return static_cast<std::uint8_t>(message[i]); };
    const std::size_t size = message.size();
    if (size < 6 || size >= 0x80 || at(0) != Bytes(1)) {
      return false;
    }
    const std::size_t value = std::size_t{2} + at(1);
    if (value + 4 > size || at(value) != Bytes(2) || value + 2 + at(value + 1) != size) {
      return false;
    }
    attribute.key = {message.data() + 2, at(1)};
    const char* const member = message.data() + value + 3;
    const std::size_t left = size - value - 3;
    switch (at(value + 2)) {
      case Bytes(1):
        if (std::size_t{1} + at(value + 3) != left) {
          return false;
        }
        attribute.value = Value::String({member + 1, left - 1});
        return true;
      case Varint(2):
        if (left != 1 || at(value + 3) > 1) {
          return false;
        }
        attribute.value = Value::Bool(at(value + 3) == 1);
        return true;
      case Varint(3):
        return ReadShortInteger({member, left}, attribute.value);
      case Fixed64(4):
        if (left != 8) {
          return false;
        }
        attribute.value = Value::Double(std::bit_cast<double>(LoadLittle<std::uint64_t>(member)));
        return true;
      default:
        return false;
    }
  }

  static bool ReadShortInteger(std::string_view varint, Value& value) {
    std::uint64_t integer = 0;
    if (varint.size() > 9) {
      return false;
    }
    for (std::size_t i = 0; i < varint.size(); ++i) {
      const auto byte = static_cast<std::uint8_t>(varint[i]);
      if ((byte < 0x80) != (i + 1 == varint.size())) {
        return false;
      }
      integer |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    }
    value = Value::Int(static_cast<std::int64_t>(integer));
    return true;
  }

  Attribute ReadKeyValue(std::string_view message, int depth) {
    Attribute attribute;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Bytes(1)) {
        attribute.key = cursor.ReadBytes();
      } else if (tag == Bytes(2)) {
        attribute.value = ReadAnyValue(cursor.ReadBytes(), depth);
      } else {
        cursor.Skip(tag);
      }
    }
    return attribute;
  }

  // The last member counts, as in any oneof.
  Value ReadAnyValue(std::string_view message, int depth) {
    Value value;
    ProtoCursor cursor(message, errors_);
    if (depth > kMaxValueDepth) {
      cursor.Fail(DecodeError::kTooDeep);
    }
    while (const std::uint32_t tag = cursor.NextTag()) {
      switch (tag) {
        case Bytes(1):
          value = Value::String(cursor.ReadBytes());
          break;
        case Varint(2):
          value = Value::Bool(cursor.ReadVarint() != 0);
          break;
        case Varint(3):
          value = Value::Int(static_cast<std::int64_t>(cursor.ReadVarint()));
          break;
        case Fixed64(4):
          value = Value::Double(std::bit_cast<double>(cursor.ReadFixed64()));
          break;
        case Bytes(5):
          value = ReadArray(cursor.ReadBytes(), depth + 1);
          break;
        case Bytes(6):
          value = ReadMap(cursor.ReadBytes(), depth + 1);
          break;
        case Bytes(7):
          value = Value::Bytes(cursor.ReadBytes());
          break;
        default:
          cursor.Skip(tag);
      }
    }
    return value;
  }

  Value ReadArray(std::string_view message, int depth) {
    ScratchList<Value> elements(value_stack_, limits_.max_arena_bytes / sizeof(Value));
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Bytes(1)) {
        elements.Add(ReadAnyValue(cursor.ReadBytes(), depth));
      } else {
        cursor.Skip(tag);
      }
    }
    if (elements.dropped() > 0) {
      cursor.Fail(DecodeError::kTooLarge);
    }
    return Value::Array(elements.CopyTo(batch_.arena()));
  }

  Value ReadMap(std::string_view message, int depth) {
    ScratchList<Attribute> entries(attribute_stack_, limits_.max_arena_bytes / sizeof(Attribute));
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Bytes(1)) {
        entries.Add(ReadKeyValue(cursor.ReadBytes(), depth));
      } else {
        cursor.Skip(tag);
      }
    }
    if (entries.dropped() > 0) {
      cursor.Fail(DecodeError::kTooLarge);
    }
    return Value::Map(entries.CopyTo(batch_.arena()));
  }

  SpanBatch& batch_;
  const BatchLimits& limits_;
  ProtoErrors errors_;
  ScratchStack<Attribute> attribute_stack_;
  ScratchStack<Event> event_stack_;
  ScratchStack<Link> link_stack_;
  ScratchStack<Value> value_stack_;
  std::size_t resources_sent_ = 0;
  std::size_t scopes_sent_ = 0;
  std::size_t spans_sent_ = 0;
  std::span<Resource> resources_;
  std::span<Scope> scopes_;
  std::span<Span> spans_;
  std::size_t resource_count_ = 0;
  std::size_t scope_count_ = 0;
  std::size_t span_count_ = 0;
  std::uint32_t rejected_spans_ = 0;
};

}  // namespace

DecodeStatus DecodeOtlp(SpanBatch& batch) { return OtlpDecoder(batch).Decode(); }

}  // namespace pugmark
