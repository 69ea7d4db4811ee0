// OTLP protobuf into a SpanBatch: ExportTraceServiceRequest and TracesData, which have the same
// wire form (opentelemetry-proto, trace/v1/trace.proto; proto/idl/otlp).
//
// Zero copy, no exception, no allocation per span. Unknown fields are skipped, values may be nested
// 32 deep. A span with an id of another length than 0, 16 (trace) or 8 (span) bytes, its links'
// included, is left out and counted in SpanBatch::rejected_spans: what partial_success reports.
//
// Text that is no UTF-8 is repaired as Jaeger's sanitizer does, so that nothing is lost: an
// attribute's value becomes bytes, a key becomes "invalid-tag-key-N" with the bytes of "key:value",
// a span's name "invalid-span-name" with the bytes in an attribute of that name. Elsewhere (events,
// links, nested values, scopes) invalid bytes are replaced.
//
// service.name is taken out of the resource's attributes when it is a string; where it is something
// else it stays among them, and Resource::has_service_name is false.
#pragma once

#include "common/model/span_batch.h"
#include "proto/codec/decode_status.h"

namespace pugmark {

// Decodes batch.payload() as an ExportTraceServiceRequest or TracesData.
DecodeStatus DecodeOtlp(SpanBatch& batch);

}  // namespace pugmark
