// OTLP/JSON into a SpanBatch: ExportTraceServiceRequest and TracesData in proto3's JSON form, with
// ids in hexadecimal (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding").
//
// As tolerant as the OpenTelemetry collector: names in camelCase and snake_case, integers as
// numbers or strings, enumerations as numbers or names, null as absent, unknown names skipped. No
// exception, no allocation per span; texts with escapes lie in the batch's arena. Texts must be
// UTF-8.
//
// An id that is no hexadecimal text is kBadId for the whole message, as in Jaeger's collector; one
// of another length than 0, 32 (trace) or 16 (span) digits leaves its span out and is counted in
// SpanBatch::rejected_spans.
#pragma once

#include "common/model/span_batch.h"
#include "proto/codec/decode_status.h"

namespace pugmark {

// Decodes batch.payload().
DecodeStatus DecodeOtlpJson(SpanBatch& batch);

}  // namespace pugmark
