#include "proto/codec/api_v2_decoder.h"

#include <bit>

#include "proto/codec/proto_cursor.h"
#include "proto/codec/scratch_list.h"
#include "proto/codec/text_limits.h"

namespace pugmark {
namespace {

enum ValueNumber : std::uint32_t { kStringType, kBoolType, kInt64Type, kFloat64Type, kBinaryType };

constexpr std::uint32_t Bytes(std::uint32_t field) { return ProtoTag(field, kWireBytes); }
constexpr std::uint32_t Varint(std::uint32_t field) { return ProtoTag(field, kWireVarint); }

class ApiV2Decoder {
 public:
  explicit ApiV2Decoder(SpanBatch& batch)
      : batch_(batch),
        limits_(batch.limits()),
        errors_{batch.payload().data(), {}},
        spans_(span_stack_, limits_.max_spans),
        resources_(resource_stack_, limits_.max_spans + 1) {}

  DecodeStatus DecodePostSpans() {
    ProtoCursor request(batch_.payload(), errors_);
    resources_.Add(Resource());  // the batch's own process, for the spans without one
    while (const std::uint32_t tag = request.NextTag()) {
      if (tag == Bytes(1)) {
        ReadBatch(request.ReadBytes());
      } else {
        request.Skip(tag);
      }
    }
    return Finish();
  }

  DecodeStatus DecodeOneSpan() {
    resources_.Add(Resource());
    ReadSpan(batch_.payload());
    return Finish();
  }

 private:
  // A resource is named by its number while the list of them can still move.
  struct SpanWithResource {
    Span span;
    std::uint32_t resource = 0;
  };

  DecodeStatus Finish() {
    if (spans_.dropped() > 0) {
      errors_.Note(DecodeError::kTooManySpans, batch_.payload().data());
    }
    const std::span<Resource> all = resources_.CopyTo(batch_.arena());
    const std::span<const SpanWithResource> found = spans_.items();
    auto* const spans = batch_.arena().Allocate<Span>(found.size());
    if (batch_.arena().exhausted()) {
      errors_.Note(DecodeError::kTooLarge, batch_.payload().data());
    }
    if (!errors_.status.ok()) {
      return errors_.status;
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      spans[i] = found[i].span;
      spans[i].resource = &all[found[i].resource];
    }
    // The batch's own process is a resource of the batch only where a span is of it.
    batch_.SetContents({spans, found.size()}, uses_batch_process_ ? all : all.subspan(1));
    batch_.format = SourceFormat::kProto;
    return errors_.status;
  }

  std::string_view ReadText(ProtoCursor& cursor) {
    const std::string_view text = cursor.ReadBytes();
    if (!IsValidUtf8(text)) [[unlikely]] {
      cursor.Fail(DecodeError::kBadUtf8);
      return {};
    }
    return text.size() > limits_.max_value_bytes ? CutText(batch_, text) : text;
  }

  void ReadBatch(std::string_view message) {
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Bytes(1)) {
        ReadSpan(cursor.ReadBytes());
      } else if (tag == Bytes(2)) {
        Resource process;
        ReadProcess(cursor.ReadBytes(), process);
        resources_.At(0) = process;
      } else {
        cursor.Skip(tag);
      }
    }
  }

  void ReadProcess(std::string_view message, Resource& process) {
    process.has_service_name = true;  // proto3 does not tell an absent name from an empty one
    ScratchList<Attribute> tags(attribute_stack_, limits_.max_attributes);
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Bytes(1)) {
        process.service_name = ReadText(cursor);
      } else if (tag == Bytes(2)) {
        tags.Add(ReadKeyValue(cursor.ReadBytes()));
      } else {
        cursor.Skip(tag);
      }
    }
    process.attributes = tags.CopyTo(batch_.arena());
    process.dropped_attributes = tags.dropped();
  }

  // Spans of one process usually follow each other with the same bytes. Of several processes in one
  // span (`added`: it has one already, of its own) the last counts, so that there are never more
  // resources than spans.
  void ReadSpanProcess(std::string_view message, std::uint32_t& number, bool& added) {
    if (last_process_.data() == nullptr || message != last_process_) {
      Resource process;
      ReadProcess(message, process);
      if (added) {
        resources_.At(resources_.size() - 1) = process;
      } else {
        resources_.Add(process);
        added = true;
      }
      last_process_ = message;
    }
    number = static_cast<std::uint32_t>(resources_.size() - 1);
  }

  void ReadSpan(std::string_view message) {
    SpanWithResource found;
    Span& span = found.span;
    span.format = SourceFormat::kProto;
    ScratchList<Attribute> tags(attribute_stack_, limits_.max_attributes);
    ScratchList<Event> logs(event_stack_, limits_.max_events);
    ScratchList<Link> references(link_stack_, limits_.max_links);
    ScratchList<std::string_view> warnings(warning_stack_, limits_.max_attributes);
    bool added_process = false;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      switch (tag) {
        case Bytes(1):
          span.trace_id = ReadTraceId(cursor);
          break;
        case Bytes(2):
          span.span_id = ReadSpanId(cursor);
          break;
        case Bytes(3):
          span.name = ReadText(cursor);
          break;
        case Bytes(4):
          references.Add(ReadReference(cursor.ReadBytes()));
          break;
        case Varint(5):
          span.flags = static_cast<std::uint32_t>(cursor.ReadVarint());
          break;
        case Bytes(6):
          span.start_time = UnixTime(ReadSecondsAndNanos(cursor.ReadBytes()));
          break;
        case Bytes(7):
          span.duration = ReadSecondsAndNanos(cursor.ReadBytes());
          break;
        case Bytes(8):
          tags.Add(ReadKeyValue(cursor.ReadBytes()));
          break;
        case Bytes(9):
          logs.Add(ReadLog(cursor.ReadBytes()));
          break;
        case Bytes(10):
          ReadSpanProcess(cursor.ReadBytes(), found.resource, added_process);
          break;
        case Bytes(11):  // process_id: checked as every text, and not needed
          static_cast<void>(ReadText(cursor));
          break;
        case Bytes(12):
          warnings.Add(ReadText(cursor));
          break;
        default:
          cursor.Skip(tag);
      }
    }
    span.attributes = tags.CopyTo(batch_.arena());
    span.dropped_attributes = tags.dropped();
    span.events = logs.CopyTo(batch_.arena());
    span.dropped_events = logs.dropped();
    span.links = references.CopyTo(batch_.arena());
    span.dropped_links = references.dropped();
    span.warnings = warnings.CopyTo(batch_.arena());
    span.parent_span_id = ParentFromReferences(span.trace_id, span.links);
    DeriveKindAndStatus(span);
    uses_batch_process_ |= found.resource == 0;
    spans_.Add(found);
  }

  TraceId ReadTraceId(ProtoCursor& cursor) {
    const std::string_view bytes = cursor.ReadBytes();
    if (bytes.size() != 16 && bytes.size() != 8) {
      if (!bytes.empty()) {
        cursor.Fail(DecodeError::kBadId);
      }
      return {};
    }
    return TraceId::FromBigEndian(bytes);
  }

  SpanId ReadSpanId(ProtoCursor& cursor) {
    const std::string_view bytes = cursor.ReadBytes();
    if (bytes.size() != 8) {
      if (!bytes.empty()) {
        cursor.Fail(DecodeError::kBadId);
      }
      return 0;
    }
    return LoadBig64(bytes.data());
  }

  Link ReadReference(std::string_view message) {
    Link link;
    link.ref_type = RefType::kChildOf;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Bytes(1)) {
        link.trace_id = ReadTraceId(cursor);
      } else if (tag == Bytes(2)) {
        link.span_id = ReadSpanId(cursor);
      } else if (tag == Varint(3)) {
        link.ref_type = static_cast<std::uint32_t>(cursor.ReadVarint()) == 1 ? RefType::kFollowsFrom
                                                                             : RefType::kChildOf;
      } else {
        cursor.Skip(tag);
      }
    }
    return link;
  }

  Event ReadLog(std::string_view message) {
    Event event;
    ScratchList<Attribute> fields(attribute_stack_, limits_.max_attributes);
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Bytes(1)) {
        event.time = UnixTime(ReadSecondsAndNanos(cursor.ReadBytes()));
      } else if (tag == Bytes(2)) {
        fields.Add(ReadKeyValue(cursor.ReadBytes()));
      } else {
        cursor.Skip(tag);
      }
    }
    event.attributes = fields.CopyTo(batch_.arena());
    event.dropped_attributes = fields.dropped();
    return event;
  }

  Nanoseconds ReadSecondsAndNanos(std::string_view message) {
    std::int64_t seconds = 0;
    std::int64_t nanos = 0;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Varint(1)) {
        seconds = static_cast<std::int64_t>(cursor.ReadVarint());
      } else if (tag == Varint(2)) {
        nanos = static_cast<std::int32_t>(cursor.ReadVarint());
      } else {
        cursor.Skip(tag);
      }
    }
    return DurationFromParts(seconds, nanos);
  }

  Attribute ReadKeyValue(std::string_view message) {
    Attribute attribute;
    std::uint32_t type = kStringType;
    std::string_view text;
    std::string_view bytes;
    bool boolean = false;
    std::int64_t integer = 0;
    double real = 0;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      switch (tag) {
        case Bytes(1):
          attribute.key = ReadText(cursor);
          break;
        case Varint(2):
          type = static_cast<std::uint32_t>(cursor.ReadVarint());
          break;
        case Bytes(3):
          text = ReadText(cursor);
          break;
        case Varint(4):
          boolean = cursor.ReadVarint() != 0;
          break;
        case Varint(5):
          integer = static_cast<std::int64_t>(cursor.ReadVarint());
          break;
        case ProtoTag(6, kWireFixed64):
          real = std::bit_cast<double>(cursor.ReadFixed64());
          break;
        case Bytes(7):
          bytes = cursor.ReadBytes();
          if (bytes.size() > limits_.max_value_bytes) {
            bytes = CutBytes(batch_, bytes);
          }
          break;
        default:
          cursor.Skip(tag);
      }
    }
    switch (type) {
      case kBoolType:
        attribute.value = Value::Bool(boolean);
        break;
      case kInt64Type:
        attribute.value = Value::Int(integer);
        break;
      case kFloat64Type:
        attribute.value = Value::Double(real);
        break;
      case kBinaryType:
        attribute.value = Value::Bytes(bytes);
        break;
      default:  // also types of a newer schema
        attribute.value = Value::String(text);
    }
    return attribute;
  }

  SpanBatch& batch_;
  const BatchLimits& limits_;
  ProtoErrors errors_;
  ScratchStack<SpanWithResource> span_stack_;
  ScratchStack<Resource> resource_stack_;
  ScratchStack<Attribute> attribute_stack_;
  ScratchStack<Event> event_stack_;
  ScratchStack<Link> link_stack_;
  ScratchStack<std::string_view> warning_stack_;
  ScratchList<SpanWithResource> spans_;
  ScratchList<Resource> resources_;
  std::string_view last_process_;
  bool uses_batch_process_ = false;
};

}  // namespace

DecodeStatus DecodePostSpansRequest(SpanBatch& batch) {
  return ApiV2Decoder(batch).DecodePostSpans();
}

DecodeStatus DecodeApiV2Span(SpanBatch& batch) { return ApiV2Decoder(batch).DecodeOneSpan(); }

}  // namespace pugmark
