// What Zipkin's two JSON formats share.
#pragma once

#include <string_view>

#include "common/model/span_batch.h"
#include "proto/codec/json_cursor.h"
#include "proto/codec/zipkin_spans.h"

namespace pugmark {

class ZipkinJson {
 public:
  explicit ZipkinJson(SpanBatch& batch) : batch_(batch), cursor_(batch.payload(), batch.arena()) {}

  [[nodiscard]] JsonCursor& cursor() { return cursor_; }

  // Calls read_span() for each element of the document, which is an array.
  template <typename ReadSpan>
  void EachSpan(const ReadSpan& read_span) {
    if (cursor_.Peek() != '[') {
      cursor_.Fail(batch_.payload().empty() ? DecodeError::kTruncated : DecodeError::kMalformed);
    }
    cursor_.EachElement(read_span);
    cursor_.ExpectEnd();
  }
  // finish() hands the spans over, if all went well.
  template <typename HandOver>
  DecodeStatus Finish(const HandOver& finish) {
    if (cursor_.ok()) {
      if (const DecodeError error = finish(); error != DecodeError::kNone) {
        cursor_.Fail(error);
      }
    }
    return cursor_.status();
  }

  // Up to 32 and 16 digits.
  void ReadTraceId(TraceId& id);
  void ReadSpanId(SpanId& id);
  [[nodiscard]] ZipkinEndpoint ReadEndpoint();
  [[nodiscard]] std::string_view ReadText() { return Cut(cursor_.ReadString()); }
  // A string, or the text of a number or of a boolean.
  [[nodiscard]] std::string_view ReadScalarText();
  [[nodiscard]] std::string_view Cut(std::string_view text);

 private:
  SpanBatch& batch_;
  JsonCursor cursor_;
};

}  // namespace pugmark
