#include "proto/codec/thrift_batch.h"

#include <algorithm>
#include <string>

#include "proto/codec/text_limits.h"
#include "proto/codec/thrift_cursor.h"

namespace pugmark {
namespace {

// Wire numbers of jaeger.TagType and jaeger.SpanRefType.
enum TagType : std::int32_t { kTagString, kTagDouble, kTagBool, kTagLong, kTagBinary };
constexpr std::int32_t kRefFollowsFrom = 1;

// The eight required fields of a span take at least this many bytes in either protocol.
constexpr std::size_t kLeastSpanBytes = 17;

constexpr std::uint32_t Bit(int field) { return 1U << field; }
constexpr std::uint32_t kSpanRequired =
    Bit(1) | Bit(2) | Bit(3) | Bit(4) | Bit(5) | Bit(7) | Bit(8) | Bit(9);
constexpr std::uint32_t kTagRequired = Bit(1) | Bit(2);
constexpr std::uint32_t kLogRequired = Bit(1) | Bit(2);
constexpr std::uint32_t kRefRequired = Bit(1) | Bit(2) | Bit(3) | Bit(4);
constexpr std::uint32_t kBatchRequired = Bit(1) | Bit(2);
constexpr std::uint32_t kStatsRequired = Bit(1) | Bit(2) | Bit(3);

// A list in the arena that takes at most `limit` items; further ones are decoded, dropped and
// counted.
template <typename T>
struct List {
  T* items = nullptr;
  std::uint32_t size = 0;
  std::uint32_t dropped = 0;
  [[nodiscard]] std::span<T> span() const { return {items, size}; }
};

template <typename Cursor>
class BatchDecoder {
 public:
  BatchDecoder(SpanBatch& batch, ThriftBatchInfo* info)
      : batch_(batch), limits_(batch.limits()), cursor_(batch.payload()), info_(info) {}

  DecodeStatus DecodeMessage() {
    const std::string_view method = cursor_.ReadMessageName();
    if (cursor_.ok() && method != "emitBatch") {
      cursor_.Fail(DecodeError::kUnknownMethod);
    }
    bool found = false;
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (id != 1 || type != Cursor::kStruct) {
        return false;
      }
      ReadBatch();
      found = true;
      return true;
    });
    return Finish(found);
  }

  DecodeStatus DecodeBare() {
    ReadBatch();
    return Finish(true);
  }

 private:
  DecodeStatus Finish(bool found) {
    if (cursor_.ok() && !found) {
      cursor_.Fail(DecodeError::kMalformed);
    }
    if (cursor_.ok() && batch_.arena().exhausted()) {
      cursor_.Fail(DecodeError::kTooLarge);
    }
    if (cursor_.ok()) {
      batch_.SetContents(spans_, resource_);
      batch_.format = SourceFormat::kJaeger;
    }
    return cursor_.status();
  }

  // Calls `read(id, type)` for each field of the struct at the cursor; what it does not read is
  // skipped.
  template <typename Read>
  void EachField(const Read& read) {
    std::int16_t id = 0;
    std::uint8_t type = 0;
    while (cursor_.NextField(id, type)) {
      if (!read(id, type)) {
        cursor_.Skip(type);
      }
    }
  }

  void Require(std::uint32_t seen, std::uint32_t required) {
    if ((seen & required) != required) {
      cursor_.Fail(DecodeError::kMalformed);
    }
  }

  std::string_view ReadText() { return Checked(cursor_.ReadText()); }

  // The text as the batch keeps it: repaired and cut where it must be.
  std::string_view Checked(std::string_view text) {
    if (!IsValidUtf8(text)) [[unlikely]] {
      text = RepairText(batch_, text);
    }
    return text.size() > limits_.max_value_bytes ? CutText(batch_, text) : text;
  }

  std::string_view ReadBytes() { return cursor_.ReadText().substr(0, limits_.max_value_bytes); }

  void ReadBatch() {
    std::uint32_t seen = 0;
    resource_ = {batch_.arena().Allocate<Resource>(1), 1};
    if (resource_.data() == nullptr) {
      cursor_.Fail(DecodeError::kTooLarge);
      return;
    }
    resource_[0] = Resource();
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (id == 1 && type == Cursor::kStruct) {
        ReadProcess(resource_[0]);
        seen |= Bit(1);
      } else if (id == 2 && type == Cursor::kList) {
        ReadSpans();
        seen |= Bit(2);
      } else if (id == 3 && type == Cursor::kI64) {
        const std::int64_t seq_no = cursor_.ReadI64();
        if (info_ != nullptr) {
          info_->has_seq_no = true;
          info_->seq_no = seq_no;
        }
      } else if (id == 4 && type == Cursor::kStruct) {
        ReadStats();
      } else {
        return false;
      }
      return true;
    });
    Require(seen, kBatchRequired);
  }

  void ReadStats() {
    std::uint32_t seen = 0;
    ClientStats stats;
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (type != Cursor::kI64 || id < 1 || id > 3) {
        return false;
      }
      std::int64_t& counter = id == 1   ? stats.full_queue_dropped_spans
                              : id == 2 ? stats.too_large_dropped_spans
                                        : stats.failed_to_emit_spans;
      counter = cursor_.ReadI64();
      seen |= Bit(id);
      return true;
    });
    Require(seen, kStatsRequired);
    if (info_ != nullptr) {
      info_->has_stats = true;
      info_->stats = stats;
    }
  }

  void ReadProcess(Resource& resource) {
    bool named = false;
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (id == 1 && type == Cursor::kText) {
        resource.service_name = ReadText();
        resource.has_service_name = true;
        named = true;
      } else if (id == 2 && type == Cursor::kList) {
        const List<Attribute> tags = ReadTags();
        resource.attributes = tags.span();
        resource.dropped_attributes = tags.dropped;
      } else {
        return false;
      }
      return true;
    });
    if (!named) {
      cursor_.Fail(DecodeError::kMalformed);
    }
  }

  // Storage for up to `limit` of the `count` structs of a list whose head was just read.
  template <typename T>
  List<T> Reserve(std::uint32_t count, std::uint8_t element_type, std::size_t limit) {
    List<T> list;
    if (count == 0 || !cursor_.ok()) {
      return list;
    }
    if (element_type != Cursor::kStruct) {
      cursor_.Fail(DecodeError::kMalformed);
      return list;
    }
    list.size = static_cast<std::uint32_t>(std::min<std::size_t>(count, limit));
    list.dropped = count - list.size;
    list.items = batch_.arena().template Allocate<T>(list.size);
    if (list.items == nullptr && list.size > 0) {
      cursor_.Fail(DecodeError::kTooLarge);
      list.size = 0;
    }
    return list;
  }

  template <typename T, typename ReadItem>
  List<T> ReadList(std::size_t limit, const ReadItem& read_item) {
    std::uint8_t element_type = 0;
    const std::uint32_t count = cursor_.ReadListHead(element_type);
    const List<T> list = Reserve<T>(count, element_type, limit);
    T dropped;
    for (std::uint32_t i = 0; i < count && cursor_.ok(); ++i) {
      T& item = i < list.size ? list.items[i] : dropped;
      item = T();
      read_item(item);
    }
    return list;
  }

  void ReadSpans() {
    std::uint8_t element_type = 0;
    const std::uint32_t count = cursor_.ReadListHead(element_type);
    if (count > limits_.max_spans) {
      cursor_.Fail(DecodeError::kTooManySpans);
    } else if (count > 0 && count > cursor_.bytes_left() / kLeastSpanBytes) {
      cursor_.Fail(DecodeError::kTruncated);
    }
    const List<Span> list = Reserve<Span>(count, element_type, limits_.max_spans);
    for (std::uint32_t i = 0; i < list.size && cursor_.ok(); ++i) {
      list.items[i] = Span();
      ReadSpan(list.items[i]);
    }
    spans_ = list.span();
  }

  void ReadSpan(Span& span) {
    std::uint32_t seen = 0;
    span.resource = resource_.data();
    span.format = SourceFormat::kJaeger;
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (id >= 1 && id <= 4 && type == Cursor::kI64) {
        const auto value = static_cast<std::uint64_t>(cursor_.ReadI64());
        (id == 1   ? span.trace_id.low
         : id == 2 ? span.trace_id.high
         : id == 3 ? span.span_id
                   : span.parent_span_id) = value;
      } else if (id == 5 && type == Cursor::kText) {
        span.name = ReadText();
      } else if (id == 6 && type == Cursor::kList) {
        const List<Link> links = ReadList<Link>(limits_.max_links, [this](Link& l) { ReadRef(l); });
        span.links = links.span();
        span.dropped_links = links.dropped;
      } else if (id == 7 && type == Cursor::kI32) {
        span.flags = static_cast<std::uint32_t>(cursor_.ReadI32());
      } else if (id == 8 && type == Cursor::kI64) {
        span.start_time = TimeFromMicros(cursor_.ReadI64());
      } else if (id == 9 && type == Cursor::kI64) {
        span.duration = DurationFromMicros(cursor_.ReadI64());
      } else if (id == 10 && type == Cursor::kList) {
        const List<Attribute> tags = ReadTags();
        span.attributes = tags.span();
        span.dropped_attributes = tags.dropped;
      } else if (id == 11 && type == Cursor::kList) {
        const List<Event> logs =
            ReadList<Event>(limits_.max_events, [this](Event& e) { ReadLog(e); });
        span.events = logs.span();
        span.dropped_events = logs.dropped;
      } else {
        return false;
      }
      seen |= Bit(id);
      return true;
    });
    Require(seen, kSpanRequired);
    if (!cursor_.ok()) {
      return;  // the lists may not be filled
    }
    if (span.parent_span_id == 0 && !span.links.empty()) {
      span.parent_span_id = ParentFromReferences(span.trace_id, span.links);
    }
    DeriveKindAndStatus(span);
  }

  void ReadRef(Link& link) {
    std::uint32_t seen = 0;
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (id == 1 && type == Cursor::kI32) {
        link.ref_type =
            cursor_.ReadI32() == kRefFollowsFrom ? RefType::kFollowsFrom : RefType::kChildOf;
      } else if (id >= 2 && id <= 4 && type == Cursor::kI64) {
        const auto value = static_cast<std::uint64_t>(cursor_.ReadI64());
        (id == 2 ? link.trace_id.low : id == 3 ? link.trace_id.high : link.span_id) = value;
      } else {
        return false;
      }
      seen |= Bit(id);
      return true;
    });
    Require(seen, kRefRequired);
  }

  void ReadLog(Event& event) {
    std::uint32_t seen = 0;
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (id == 1 && type == Cursor::kI64) {
        event.time = TimeFromMicros(cursor_.ReadI64());
      } else if (id == 2 && type == Cursor::kList) {
        const List<Attribute> fields = ReadTags();
        event.attributes = fields.span();
        event.dropped_attributes = fields.dropped;
      } else {
        return false;
      }
      seen |= Bit(id);
      return true;
    });
    Require(seen, kLogRequired);
  }

  List<Attribute> ReadTags() {
    return ReadList<Attribute>(limits_.max_attributes, [this](Attribute& tag) {
      if (!ReadUsualTag(tag)) [[unlikely]] {
        ReadTag(tag);
      }
    });
  }

  // A tag as every known client writes it, most of what a message holds: key, type and value in
  // this order and nothing else. False, with the cursor where it was, for any other and for errors,
  // which ReadTag finds again. It works on a copy of the cursor, which stays in registers.
  bool ReadUsualTag(Attribute& tag) {
    Cursor at = cursor_;
    if (!at.TakeField(0, 1, Cursor::kText)) {
      return false;
    }
    tag.key = Checked(at.ReadText());
    if (!at.TakeField(1, 2, Cursor::kI32)) {
      return false;
    }
    const std::int32_t type = at.ReadI32();
    if (type == kTagString && at.TakeField(2, 3, Cursor::kText)) {
      tag.value = Value::String(Checked(at.ReadText()));
    } else if (type == kTagLong && at.TakeField(2, 6, Cursor::kI64)) {
      tag.value = Value::Int(at.ReadI64());
    } else if (type == kTagBool && at.TakeField(2, 5, Cursor::kTrue)) {
      tag.value = Value::Bool(at.ReadBool(Cursor::kTrue));
    } else if (type == kTagBool && at.TakeField(2, 5, Cursor::kFalse)) {
      tag.value = Value::Bool(at.ReadBool(Cursor::kFalse));
    } else if (type == kTagDouble && at.TakeField(2, 4, Cursor::kDouble)) {
      tag.value = Value::Double(at.ReadDouble());
    } else {
      return false;
    }
    if (!at.TakeEnd() || !at.ok()) {
      return false;
    }
    cursor_ = at;
    return true;
  }

  // The value fields arrive in any order relative to vType, so each is kept until the end.
  void ReadTag(Attribute& tag) {
    std::uint32_t seen = 0;
    std::int32_t type_number = 0;
    std::string_view text;
    std::string_view bytes;
    double real = 0;
    std::int64_t integer = 0;
    bool boolean = false;
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (id == 1 && type == Cursor::kText) {
        tag.key = ReadText();
      } else if (id == 2 && type == Cursor::kI32) {
        type_number = cursor_.ReadI32();
      } else if (id == 3 && type == Cursor::kText) {
        text = ReadText();
      } else if (id == 4 && type == Cursor::kDouble) {
        real = cursor_.ReadDouble();
      } else if (id == 5 && Cursor::IsBool(type)) {
        boolean = cursor_.ReadBool(type);
      } else if (id == 6 && type == Cursor::kI64) {
        integer = cursor_.ReadI64();
      } else if (id == 7 && type == Cursor::kText) {
        bytes = ReadBytes();
      } else {
        return false;
      }
      seen |= Bit(id);
      return true;
    });
    Require(seen, kTagRequired);
    switch (type_number) {
      case kTagString:
        tag.value = Value::String(text);
        return;
      case kTagDouble:
        tag.value = Value::Double(real);
        return;
      case kTagBool:
        tag.value = Value::Bool(boolean);
        return;
      case kTagLong:
        tag.value = Value::Int(integer);
        return;
      case kTagBinary:
        tag.value = Value::Bytes(bytes);
        return;
      default:  // of a newer schema: shown rather than refused
        tag.value = Value::String(batch_.Intern("Unknown VType: " + std::to_string(type_number)));
    }
  }

  SpanBatch& batch_;
  const BatchLimits& limits_;
  Cursor cursor_;
  ThriftBatchInfo* const info_;
  std::span<Span> spans_;
  std::span<Resource> resource_;
};

}  // namespace

DecodeStatus DecodeAgentMessage(ThriftProtocol protocol, SpanBatch& batch, ThriftBatchInfo* info) {
  return protocol == ThriftProtocol::kCompact
             ? BatchDecoder<CompactCursor>(batch, info).DecodeMessage()
             : BatchDecoder<BinaryCursor>(batch, info).DecodeMessage();
}

DecodeStatus DecodeThriftBatch(ThriftProtocol protocol, SpanBatch& batch, ThriftBatchInfo* info) {
  return protocol == ThriftProtocol::kCompact
             ? BatchDecoder<CompactCursor>(batch, info).DecodeBare()
             : BatchDecoder<BinaryCursor>(batch, info).DecodeBare();
}

}  // namespace pugmark
