// Reads zipkincore.Span structs (field ids: reference 8.2) with either of Thrift's cursors.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/utf8.h"
#include "proto/codec/scratch_list.h"
#include "proto/codec/text_limits.h"
#include "proto/codec/thrift_cursor.h"
#include "proto/codec/zipkin_spans.h"

namespace pugmark {

template <typename Cursor>
class ZipkinThriftReader {
 public:
  explicit ZipkinThriftReader(SpanBatch& batch)
      : batch_(batch), limits_(batch.limits()), cursor_(batch.payload()) {}

  [[nodiscard]] Cursor& cursor() { return cursor_; }

  // Reads a list of spans at the cursor and calls use(span) for each; texts and lists of a span
  // live until the call returns.
  template <typename Use>
  void EachSpan(const Use& use) {
    EachStruct([&] {
      SpanLists lists(*this);
      ZipkinV1Span span;
      ReadSpan(span, lists);
      if (cursor_.ok()) {
        use(span);
      }
    });
  }

 private:
  // The lists of the span at hand.
  struct SpanLists {
    explicit SpanLists(ZipkinThriftReader& reader)
        : annotations(reader.annotation_stack_, reader.limits_.max_events),
          binary_annotations(reader.binary_annotation_stack_, reader.limits_.max_attributes) {}
    ScratchList<ZipkinV1Annotation> annotations;
    ScratchList<ZipkinV1BinaryAnnotation> binary_annotations;
  };

  // Wire numbers of zipkincore.AnnotationType.
  enum AnnotationType : std::int32_t { kBool, kBytes, kI16, kI32, kI64, kDouble, kString };

  template <typename Read>
  void EachStruct(const Read& read) {
    std::uint8_t element_type = 0;
    const std::uint32_t count = cursor_.ReadListHead(element_type);
    if (count > 0 && element_type != Cursor::kStruct) {
      cursor_.Fail(DecodeError::kMalformed);
    }
    for (std::uint32_t i = 0; i < count && cursor_.ok(); ++i) {
      read();
    }
  }
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

  std::string_view ReadText() {
    std::string_view text = cursor_.ReadText();
    if (!IsValidUtf8(text)) [[unlikely]] {
      text = RepairText(batch_, text);
    }
    return text.size() > limits_.max_value_bytes ? CutText(batch_, text) : text;
  }

  void ReadSpan(ZipkinV1Span& span, SpanLists& lists) {
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (type == Cursor::kI64) {
        return ReadNumber(id, span);
      }
      if (id == 3 && type == Cursor::kText) {
        span.name = ReadText();
      } else if (id == 6 && type == Cursor::kList) {
        EachStruct([&] { lists.annotations.Add(ReadAnnotation()); });
      } else if (id == 8 && type == Cursor::kList) {
        EachStruct([&] { lists.binary_annotations.Add(ReadBinaryAnnotation()); });
      } else if (id == 9 && Cursor::IsBool(type)) {
        span.debug = cursor_.ReadBool(type);
      } else {
        return false;
      }
      return true;
    });
    span.annotations = lists.annotations.items();
    span.binary_annotations = lists.binary_annotations.items();
    span.dropped_annotations = lists.annotations.dropped();
    span.dropped_binary_annotations = lists.binary_annotations.dropped();
    if (span.id == 0 || span.trace_id.IsZero()) {
      cursor_.Fail(DecodeError::kBadId);
    }
  }

  bool ReadNumber(std::int16_t id, ZipkinV1Span& span) {
    switch (id) {
      case 1:
        span.trace_id.low = static_cast<std::uint64_t>(cursor_.ReadI64());
        return true;
      case 4:
        span.id = static_cast<SpanId>(cursor_.ReadI64());
        return true;
      case 5:
        span.parent_id = static_cast<SpanId>(cursor_.ReadI64());
        span.has_parent_id = true;
        return true;
      case 10:
        span.timestamp_us = cursor_.ReadI64();
        span.has_timestamp = true;
        return true;
      case 11:
        span.duration_us = cursor_.ReadI64();
        span.has_duration = true;
        return true;
      case 12:
        span.trace_id.high = static_cast<std::uint64_t>(cursor_.ReadI64());
        return true;
      default:
        return false;
    }
  }

  ZipkinV1Annotation ReadAnnotation() {
    ZipkinV1Annotation annotation;
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (id == 1 && type == Cursor::kI64) {
        annotation.timestamp_us = cursor_.ReadI64();
      } else if (id == 2 && type == Cursor::kText) {
        annotation.value = ReadText();
      } else if (id == 3 && type == Cursor::kStruct) {
        annotation.endpoint = ReadEndpoint();
      } else {
        return false;
      }
      return true;
    });
    return annotation;
  }

  ZipkinV1BinaryAnnotation ReadBinaryAnnotation() {
    ZipkinV1BinaryAnnotation annotation;
    std::string_view bytes;
    std::int32_t value_type = kString;
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (id == 1 && type == Cursor::kText) {
        annotation.key = ReadText();
      } else if (id == 2 && type == Cursor::kText) {
        bytes = cursor_.ReadText();
      } else if (id == 3 && type == Cursor::kI32) {
        value_type = cursor_.ReadI32();
      } else if (id == 4 && type == Cursor::kStruct) {
        annotation.endpoint = ReadEndpoint();
      } else {
        return false;
      }
      return true;
    });
    annotation.value = ToValue(value_type, bytes);
    return annotation;
  }

  // Numbers are big-endian. One of the wrong length is shown as the bytes that it is.
  Value ToValue(std::int32_t type, std::string_view bytes) {
    switch (type) {
      case kBool:
        return Value::Bool(!bytes.empty() && bytes.front() != 0);
      case kI16:
        if (bytes.size() == 2) {
          return Value::Int(static_cast<std::int16_t>(LoadBig16(bytes.data())));
        }
        break;
      case kI32:
        if (bytes.size() == 4) {
          return Value::Int(static_cast<std::int32_t>(LoadBig32(bytes.data())));
        }
        break;
      case kI64:
        if (bytes.size() == 8) {
          return Value::Int(static_cast<std::int64_t>(LoadBig64(bytes.data())));
        }
        break;
      case kDouble:
        if (bytes.size() == 8) {
          return Value::Double(std::bit_cast<double>(LoadBig64(bytes.data())));
        }
        break;
      case kString: {
        const std::string_view text = IsValidUtf8(bytes) ? bytes : RepairText(batch_, bytes);
        return Value::String(text.size() > limits_.max_value_bytes ? CutText(batch_, text) : text);
      }
      default:
        break;
    }
    return Value::Bytes(bytes.size() > limits_.max_value_bytes ? CutBytes(batch_, bytes) : bytes);
  }

  ZipkinEndpoint ReadEndpoint() {
    ZipkinEndpoint endpoint;
    EachField([&](std::int16_t id, std::uint8_t type) {
      if (id == 1 && type == Cursor::kI32) {
        endpoint.ipv4_number = static_cast<std::uint32_t>(cursor_.ReadI32());
      } else if (id == 2 && type == Cursor::kI16) {
        endpoint.port = static_cast<std::uint16_t>(cursor_.ReadI16());
      } else if (id == 3 && type == Cursor::kText) {
        endpoint.service_name = ReadText();
      } else if (id == 4 && type == Cursor::kText) {
        endpoint.ipv6_bytes = cursor_.ReadText();
      } else {
        return false;
      }
      return true;
    });
    return endpoint;
  }

  SpanBatch& batch_;
  const BatchLimits& limits_;
  Cursor cursor_;
  ScratchStack<ZipkinV1Annotation> annotation_stack_;
  ScratchStack<ZipkinV1BinaryAnnotation> binary_annotation_stack_;
};

}  // namespace pugmark
