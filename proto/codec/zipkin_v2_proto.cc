// Zipkin's v2 protobuf: ListOfSpans (zipkin.io/zipkin-api, zipkin.proto; proto/idl/zipkin).
#include "common/base/utf8.h"
#include "proto/codec/proto_cursor.h"
#include "proto/codec/text_limits.h"
#include "proto/codec/zipkin_decoder.h"
#include "proto/codec/zipkin_v2_translator.h"

namespace pugmark {
namespace {

constexpr std::uint32_t Bytes(std::uint32_t field) { return ProtoTag(field, kWireBytes); }
constexpr std::uint32_t Varint(std::uint32_t field) { return ProtoTag(field, kWireVarint); }
constexpr std::uint32_t Fixed64(std::uint32_t field) { return ProtoTag(field, kWireFixed64); }

class ZipkinV2ProtoDecoder {
 public:
  explicit ZipkinV2ProtoDecoder(SpanBatch& batch)
      : batch_(batch), errors_{batch.payload().data(), {}}, translator_(batch) {}

  DecodeStatus Decode() {
    ProtoCursor list(batch_.payload(), errors_);
    while (const std::uint32_t tag = list.NextTag()) {
      if (tag == Bytes(1)) {
        ReadSpan(list.ReadBytes());
      } else {
        list.Skip(tag);
      }
    }
    if (errors_.status.ok()) {
      if (const DecodeError error = translator_.Finish(); error != DecodeError::kNone) {
        errors_.Note(error, batch_.payload().data());
      }
    }
    return errors_.status;
  }

 private:
  void ReadSpan(std::string_view message) {
    ZipkinV2Span span;
    translator_.Begin();
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      switch (tag) {
        case Bytes(1):
          span.trace_id = ReadTraceId(cursor);
          break;
        case Bytes(2):
          span.parent_id = ReadSpanId(cursor);
          break;
        case Bytes(3):
          span.id = ReadSpanId(cursor);
          break;
        case Varint(4):
          span.kind = ToKind(static_cast<std::uint32_t>(cursor.ReadVarint()));
          break;
        case Bytes(5):
          span.name = ReadText(cursor);
          break;
        case Fixed64(6):
          span.timestamp_us = cursor.ReadFixed64();
          break;
        case Varint(7):
          span.duration_us = cursor.ReadVarint();
          break;
        case Bytes(8):
          span.local = ReadEndpoint(cursor.ReadBytes());
          break;
        case Bytes(9):
          span.remote = ReadEndpoint(cursor.ReadBytes());
          break;
        case Bytes(10):
          ReadAnnotation(cursor.ReadBytes());
          break;
        case Bytes(11):
          ReadTag(cursor.ReadBytes());
          break;
        default:  // debug and shared too, of which Jaeger shows nothing
          cursor.Skip(tag);
      }
    }
    if (span.id == 0 || span.trace_id.IsZero()) {
      cursor.Fail(DecodeError::kBadId);
    }
    translator_.End(span);
  }

  static SpanKind ToKind(std::uint32_t number) {
    switch (number) {
      case 1:
        return SpanKind::kClient;
      case 2:
        return SpanKind::kServer;
      case 3:
        return SpanKind::kProducer;
      case 4:
        return SpanKind::kConsumer;
      default:
        return SpanKind::kUnspecified;
    }
  }

  TraceId ReadTraceId(ProtoCursor& cursor) {
    const std::string_view bytes = cursor.ReadBytes();
    if (bytes.size() != 16 && bytes.size() != 8) {
      cursor.Fail(DecodeError::kBadId);
      return {};
    }
    return TraceId::FromBigEndian(bytes);
  }

  // An absent parent may be sent as an empty one.
  SpanId ReadSpanId(ProtoCursor& cursor) {
    const std::string_view bytes = cursor.ReadBytes();
    if (bytes.size() == 8) {
      return LoadBig64(bytes.data());
    }
    if (!bytes.empty()) {
      cursor.Fail(DecodeError::kBadId);
    }
    return 0;
  }

  std::string_view ReadText(ProtoCursor& cursor) {
    const std::string_view text = cursor.ReadBytes();
    if (!IsValidUtf8(text)) [[unlikely]] {
      cursor.Fail(DecodeError::kBadUtf8);
      return {};
    }
    return text.size() > batch_.limits().max_value_bytes ? CutText(batch_, text) : text;
  }

  ZipkinEndpoint ReadEndpoint(std::string_view message) {
    ZipkinEndpoint endpoint;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      switch (tag) {
        case Bytes(1):
          endpoint.service_name = ReadText(cursor);
          break;
        case Bytes(2):
          endpoint.ipv4 = AddressText(batch_.arena(), cursor.ReadBytes());
          break;
        case Bytes(3):
          endpoint.ipv6 = AddressText(batch_.arena(), cursor.ReadBytes());
          break;
        case Varint(4):
          endpoint.port = static_cast<std::uint16_t>(cursor.ReadVarint());
          break;
        default:
          cursor.Skip(tag);
      }
    }
    return endpoint;
  }

  void ReadAnnotation(std::string_view message) {
    UnixTime time;
    std::string_view value;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Fixed64(1)) {
        time = TimeFromMicros(static_cast<std::int64_t>(cursor.ReadFixed64()));
      } else if (tag == Bytes(2)) {
        value = ReadText(cursor);
      } else {
        cursor.Skip(tag);
      }
    }
    translator_.AddAnnotation(time, value);
  }

  void ReadTag(std::string_view message) {
    std::string_view key;
    std::string_view value;
    ProtoCursor cursor(message, errors_);
    while (const std::uint32_t tag = cursor.NextTag()) {
      if (tag == Bytes(1)) {
        key = ReadText(cursor);
      } else if (tag == Bytes(2)) {
        value = ReadText(cursor);
      } else {
        cursor.Skip(tag);
      }
    }
    translator_.AddTag(key, value);
  }

  SpanBatch& batch_;
  ProtoErrors errors_;
  ZipkinV2Translator translator_;
};

}  // namespace

DecodeStatus DecodeZipkinV2Proto(SpanBatch& batch) { return ZipkinV2ProtoDecoder(batch).Decode(); }

}  // namespace pugmark
