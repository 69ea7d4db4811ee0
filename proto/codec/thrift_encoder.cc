#include "proto/codec/thrift_encoder.h"

#include <bit>
#include <cstring>

#include "common/base/bytes.h"
#include "proto/codec/json_text.h"

namespace pugmark {
namespace {

class BinaryOut {
 public:
  static constexpr std::uint8_t kBool = 2, kDouble = 4, kI32 = 8, kI64 = 10, kText = 11,
                                kStruct = 12, kList = 15;

  void MessageHead(std::string_view method, std::int32_t sequence) {
    AppendBig32(out_, 0x80010004U);  // strict version 1, ONEWAY
    Text(method);
    AppendBig32(out_, static_cast<std::uint32_t>(sequence));
  }
  void BeginStruct() {}
  void EndStruct() { out_ += '\0'; }
  void Field(std::uint8_t type, std::int16_t id) {
    out_ += static_cast<char>(type);
    out_ += static_cast<char>(id >> 8);
    out_ += static_cast<char>(id);
  }
  void BoolField(std::int16_t id, bool value) {
    Field(kBool, id);
    out_ += static_cast<char>(value);
  }
  void I32(std::int32_t value) { AppendBig32(out_, static_cast<std::uint32_t>(value)); }
  void I64(std::int64_t value) { AppendBig64(out_, static_cast<std::uint64_t>(value)); }
  void Double(double value) { AppendBig64(out_, std::bit_cast<std::uint64_t>(value)); }
  void Text(std::string_view text) {
    AppendBig32(out_, static_cast<std::uint32_t>(text.size()));
    out_ += text;
  }
  void ListOfStructs(std::size_t count) {
    out_ += static_cast<char>(kStruct);
    AppendBig32(out_, static_cast<std::uint32_t>(count));
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

class CompactOut {
 public:
  static constexpr std::uint8_t kTrue = 1, kFalse = 2, kI32 = 5, kI64 = 6, kDouble = 7, kText = 8,
                                kList = 9, kStruct = 12;

  void MessageHead(std::string_view method, std::int32_t sequence) {
    out_ += static_cast<char>(0x82);
    out_ += static_cast<char>(4 << 5 | 1);  // ONEWAY, version 1
    Varint(static_cast<std::uint32_t>(sequence));
    Text(method);
  }
  void BeginStruct() { last_ids_.push_back(0); }
  void EndStruct() {
    out_ += '\0';
    last_ids_.pop_back();
  }
  void Field(std::uint8_t type, std::int16_t id) {
    const int delta = id - last_ids_.back();  // ids are written in order and lie close together
    out_ += static_cast<char>(delta << 4 | type);
    last_ids_.back() = static_cast<char>(id);
  }
  void BoolField(std::int16_t id, bool value) { Field(value ? kTrue : kFalse, id); }
  void I32(std::int32_t value) { I64(value); }
  void I64(std::int64_t value) {
    Varint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  void Double(double value) {
    char bytes[8];
    std::memcpy(bytes, &value, sizeof bytes);
    out_.append(bytes, sizeof bytes);
  }
  void Text(std::string_view text) {
    Varint(text.size());
    out_ += text;
  }
  void ListOfStructs(std::size_t count) {
    if (count < 15) {
      out_ += static_cast<char>(count << 4 | kStruct);
    } else {
      out_ += static_cast<char>(0xf0 | kStruct);
      Varint(count);
    }
  }
  std::string Take() { return std::move(out_); }

 private:
  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      out_ += static_cast<char>(value | 0x80);
    }
    out_ += static_cast<char>(value);
  }

  std::string out_;
  std::string last_ids_;  // of the open structs; a string for its small buffer
};

template <typename Out>
class ThriftEncoder {
 public:
  std::string Message(const Resource& resource, std::span<const Span> spans,
                      std::int32_t sequence) {
    out_.MessageHead("emitBatch", sequence);
    out_.BeginStruct();
    out_.Field(Out::kStruct, 1);
    Batch(resource, spans);
    out_.EndStruct();
    return out_.Take();
  }

  std::string Bare(const Resource& resource, std::span<const Span> spans) {
    Batch(resource, spans);
    return out_.Take();
  }

 private:
  void Batch(const Resource& resource, std::span<const Span> spans) {
    out_.BeginStruct();
    out_.Field(Out::kStruct, 1);
    out_.BeginStruct();
    TextField(1, resource.service_name);
    Tags(2, resource.attributes);
    out_.EndStruct();
    out_.Field(Out::kList, 2);
    out_.ListOfStructs(spans.size());
    for (const Span& span : spans) {
      OneSpan(span);
    }
    out_.EndStruct();
  }

  void OneSpan(const Span& span) {
    out_.BeginStruct();
    I64Field(1, static_cast<std::int64_t>(span.trace_id.low));
    I64Field(2, static_cast<std::int64_t>(span.trace_id.high));
    I64Field(3, static_cast<std::int64_t>(span.span_id));
    I64Field(4, static_cast<std::int64_t>(span.parent_span_id));
    TextField(5, span.name);
    if (!span.links.empty()) {
      out_.Field(Out::kList, 6);
      out_.ListOfStructs(span.links.size());
      for (const Link& link : span.links) {
        Reference(link);
      }
    }
    I32Field(7, static_cast<std::int32_t>(span.flags));
    I64Field(8, ToMicros(span.start_time));
    I64Field(9, ToMicros(span.duration));
    Tags(10, span.attributes);
    if (!span.events.empty()) {
      out_.Field(Out::kList, 11);
      out_.ListOfStructs(span.events.size());
      for (const Event& event : span.events) {
        out_.BeginStruct();
        I64Field(1, ToMicros(event.time));
        out_.Field(Out::kList, 2);
        TagList(event.attributes);
        out_.EndStruct();
      }
    }
    out_.EndStruct();
  }

  void Reference(const Link& link) {
    out_.BeginStruct();
    I32Field(1, link.ref_type == RefType::kChildOf ? 0 : 1);
    I64Field(2, static_cast<std::int64_t>(link.trace_id.low));
    I64Field(3, static_cast<std::int64_t>(link.trace_id.high));
    I64Field(4, static_cast<std::int64_t>(link.span_id));
    out_.EndStruct();
  }

  void Tags(std::int16_t id, std::span<const Attribute> tags) {
    if (!tags.empty()) {
      out_.Field(Out::kList, id);
      TagList(tags);
    }
  }

  void TagList(std::span<const Attribute> tags) {
    out_.ListOfStructs(tags.size());
    for (const Attribute& tag : tags) {
      out_.BeginStruct();
      TextField(1, tag.key);
      TagValue(tag.value);
      out_.EndStruct();
    }
  }

  void TagValue(const Value& value) {
    switch (value.type()) {
      case ValueType::kDouble:
        I32Field(2, 1);
        out_.Field(Out::kDouble, 4);
        out_.Double(value.real());
        return;
      case ValueType::kBool:
        I32Field(2, 2);
        out_.BoolField(5, value.boolean());
        return;
      case ValueType::kInt:
        I32Field(2, 3);
        I64Field(6, value.integer());
        return;
      case ValueType::kBytes:
        I32Field(2, 4);
        TextField(7, value.text());
        return;
      case ValueType::kArray:
      case ValueType::kMap: {
        std::string json;
        AppendValueJson(json, value);
        I32Field(2, 0);
        TextField(3, json);
        return;
      }
      default:
        I32Field(2, 0);
        TextField(3, value.text());
    }
  }

  void TextField(std::int16_t id, std::string_view text) {
    out_.Field(Out::kText, id);
    out_.Text(text);
  }
  void I64Field(std::int16_t id, std::int64_t value) {
    out_.Field(Out::kI64, id);
    out_.I64(value);
  }
  void I32Field(std::int16_t id, std::int32_t value) {
    out_.Field(Out::kI32, id);
    out_.I32(value);
  }

  Out out_;
};

}  // namespace

std::string EncodeAgentMessage(ThriftProtocol protocol, const Resource& resource,
                               std::span<const Span> spans, std::int32_t sequence) {
  return protocol == ThriftProtocol::kCompact
             ? ThriftEncoder<CompactOut>().Message(resource, spans, sequence)
             : ThriftEncoder<BinaryOut>().Message(resource, spans, sequence);
}

std::string EncodeThriftBatch(ThriftProtocol protocol, const Resource& resource,
                              std::span<const Span> spans) {
  return protocol == ThriftProtocol::kCompact ? ThriftEncoder<CompactOut>().Bare(resource, spans)
                                              : ThriftEncoder<BinaryOut>().Bare(resource, spans);
}

}  // namespace pugmark
