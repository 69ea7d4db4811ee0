// Zipkin's v1 JSON: an array of spans (zipkin.io/zipkin-api, zipkin-api.yaml).
#include "proto/codec/zipkin_decoder.h"
#include "proto/codec/zipkin_json.h"
#include "proto/codec/zipkin_v1_translator.h"

namespace pugmark {
namespace {

class ZipkinV1JsonDecoder {
 public:
  explicit ZipkinV1JsonDecoder(SpanBatch& batch)
      : limits_(batch.limits()), json_(batch), translator_(batch) {}

  DecodeStatus Decode() {
    json_.EachSpan([this] { ReadSpan(); });
    return json_.Finish([this] { return translator_.Finish(); });
  }

 private:
  void ReadSpan() {
    ZipkinV1Span span;
    ScratchList<ZipkinV1Annotation> annotations(annotation_stack_, limits_.max_events);
    ScratchList<ZipkinV1BinaryAnnotation> binary_annotations(binary_annotation_stack_,
                                                             limits_.max_attributes);
    JsonCursor& cursor = json_.cursor();
    cursor.EachMember([&](std::string_view key) {
      if (key == "traceId") {
        json_.ReadTraceId(span.trace_id);
      } else if (key == "id") {
        json_.ReadSpanId(span.id);
      } else if (key == "parentId") {
        json_.ReadSpanId(span.parent_id);
      } else if (key == "name") {
        span.name = json_.ReadText();
      } else if (key == "timestamp") {
        span.timestamp_us = cursor.ReadInt64();
      } else if (key == "duration") {
        span.duration_us = cursor.ReadInt64();
      } else if (key == "annotations") {
        cursor.EachElement([&] { annotations.Add(ReadAnnotation()); });
      } else if (key == "binaryAnnotations") {
        cursor.EachElement([&] { binary_annotations.Add(ReadBinaryAnnotation()); });
      } else {
        return false;
      }
      return true;
    });
    if (cursor.ok() && (span.id == 0 || span.trace_id.IsZero())) {
      cursor.Fail(DecodeError::kBadId);
    }
    span.annotations = annotations.items();
    span.binary_annotations = binary_annotations.items();
    span.dropped_annotations = annotations.dropped();
    span.dropped_binary_annotations = binary_annotations.dropped();
    translator_.Add(span);
  }

  ZipkinV1Annotation ReadAnnotation() {
    ZipkinV1Annotation annotation;
    JsonCursor& cursor = json_.cursor();
    cursor.EachMember([&](std::string_view key) {
      if (key == "timestamp") {
        annotation.timestamp_us = cursor.ReadInt64();
      } else if (key == "value") {
        annotation.value = json_.ReadText();
      } else if (key == "endpoint") {
        annotation.endpoint = json_.ReadEndpoint();
      } else {
        return false;
      }
      return true;
    });
    return annotation;
  }

  // A value that is no text: true where an address is meant ("sa"); numbers and other booleans are
  // shown as text, as everything else in this format.
  ZipkinV1BinaryAnnotation ReadBinaryAnnotation() {
    ZipkinV1BinaryAnnotation annotation;
    bool is_true = false;
    std::string_view value;
    JsonCursor& cursor = json_.cursor();
    cursor.EachMember([&](std::string_view key) {
      if (key == "key") {
        annotation.key = json_.ReadText();
      } else if (key == "value") {
        is_true = cursor.Peek() == 't';
        value = cursor.TakeNull() ? std::string_view() : json_.ReadScalarText();
      } else if (key == "endpoint") {
        annotation.endpoint = json_.ReadEndpoint();
      } else {
        return false;
      }
      return true;
    });
    const bool address = annotation.key == "sa" || annotation.key == "ca" || annotation.key == "ma";
    annotation.value = is_true && address ? Value::Bool(true) : Value::String(value);
    return annotation;
  }

  const BatchLimits& limits_;
  ZipkinJson json_;
  ZipkinV1Translator translator_;
  ScratchStack<ZipkinV1Annotation> annotation_stack_;
  ScratchStack<ZipkinV1BinaryAnnotation> binary_annotation_stack_;
};

}  // namespace

DecodeStatus DecodeZipkinV1Json(SpanBatch& batch) { return ZipkinV1JsonDecoder(batch).Decode(); }

}  // namespace pugmark
