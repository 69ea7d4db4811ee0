// Zipkin's v2 JSON: an array of spans (zipkin.io/zipkin-api, zipkin2-api.yaml).
#include "common/base/hex.h"
#include "proto/codec/json_cursor.h"
#include "proto/codec/text_limits.h"
#include "proto/codec/zipkin_decoder.h"
#include "proto/codec/zipkin_json.h"
#include "proto/codec/zipkin_v2_translator.h"

namespace pugmark {
namespace {

class ZipkinV2JsonDecoder {
 public:
  explicit ZipkinV2JsonDecoder(SpanBatch& batch) : json_(batch), translator_(batch) {}

  DecodeStatus Decode() {
    json_.EachSpan([this] { ReadSpan(); });
    return json_.Finish([this] { return translator_.Finish(); });
  }

 private:
  void ReadSpan() {
    ZipkinV2Span span;
    bool has_id = false;
    translator_.Begin();
    JsonCursor& cursor = json_.cursor();
    cursor.EachMember([&](std::string_view key) {
      if (key == "traceId") {
        json_.ReadTraceId(span.trace_id);
      } else if (key == "id") {
        json_.ReadSpanId(span.id);
        has_id = true;
      } else if (key == "parentId") {
        json_.ReadSpanId(span.parent_id);
      } else if (key == "name") {
        span.name = json_.ReadText();
      } else if (key == "kind") {
        span.kind = ToKind(cursor.ReadString());
      } else if (key == "timestamp") {
        span.timestamp_us = cursor.ReadUint64();
      } else if (key == "duration") {
        span.duration_us = cursor.ReadUint64();
      } else if (key == "localEndpoint") {
        span.local = json_.ReadEndpoint();
      } else if (key == "remoteEndpoint") {
        span.remote = json_.ReadEndpoint();
      } else if (key == "tags") {
        cursor.EachMember([&](std::string_view tag) {
          if (!cursor.TakeNull()) {
            const std::string_view name = json_.Cut(tag);
            translator_.AddTag(name, json_.ReadScalarText());
          }
          return true;
        });
      } else if (key == "annotations") {
        cursor.EachElement([&] { ReadAnnotation(); });
      } else {
        return false;
      }
      return true;
    });
    if (cursor.ok() && (!has_id || span.id == 0 || span.trace_id.IsZero())) {
      cursor.Fail(DecodeError::kBadId);
    }
    translator_.End(span);
  }

  void ReadAnnotation() {
    UnixTime time;
    std::string_view value;
    JsonCursor& cursor = json_.cursor();
    cursor.EachMember([&](std::string_view key) {
      if (key == "timestamp") {
        time = TimeFromMicros(cursor.ReadInt64());
      } else if (key == "value") {
        value = json_.ReadText();
      } else {
        return false;
      }
      return true;
    });
    translator_.AddAnnotation(time, value);
  }

  static SpanKind ToKind(std::string_view name) {
    return name == "CLIENT"     ? SpanKind::kClient
           : name == "SERVER"   ? SpanKind::kServer
           : name == "PRODUCER" ? SpanKind::kProducer
           : name == "CONSUMER" ? SpanKind::kConsumer
                                : SpanKind::kUnspecified;
  }

  ZipkinJson json_;
  ZipkinV2Translator translator_;
};

}  // namespace

DecodeStatus DecodeZipkinV2Json(SpanBatch& batch) { return ZipkinV2JsonDecoder(batch).Decode(); }

}  // namespace pugmark
