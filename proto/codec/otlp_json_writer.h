// Spans as OTLP/JSON: the proto3 JSON form of TracesData with ids in hexadecimal, as Jaeger v2's
// /api/v3 and the OpenTelemetry exporters write it. Streamed, without a document tree.
//
// Fields that are zero or empty are left out, save `resource`, `scope` and `status`; 64-bit
// integers are strings; NaN and infinities are the strings "NaN", "Infinity", "-Infinity". Spans of
// Jaeger's formats are shaped as Jaeger v2 translates them (otlp_shape.h).
#pragma once

#include <span>
#include <string>

#include "common/model/span.h"
#include "proto/codec/otlp_shape.h"

namespace pugmark {

// Writes `{"resourceSpans":[...]}` piece by piece: Begin, any number of AddSpans, End.
//
// Appends to a caller-owned buffer that the caller may take and clear between calls.
class OtlpJsonWriter {
 public:
  explicit OtlpJsonWriter(std::string& out) : out_(out) {}

  void Begin();
  // Groups the spans of one call by resource and scope; every call starts new groups.
  void AddSpans(std::span<const Span> spans);
  void End();

 private:
  std::string& out_;
  OtlpShaper shaper_;
  bool first_resource_ = true;
};

}  // namespace pugmark
