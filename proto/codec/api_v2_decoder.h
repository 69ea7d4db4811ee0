// jaeger.api_v2 protobuf into a SpanBatch: PostSpansRequest and Batch (model.proto,
// collector.proto; field numbers: reference 8.1).
//
// Zero copy, no exception, no allocation per span. Strings must be UTF-8 (proto3). Ids of 8 or 16
// bytes (trace) and 8 bytes (span) or absent; any other length is kBadId. A span without a process
// takes the batch's; process_id is not resolved, as in Jaeger's collector. Kind and status are
// derived.
#pragma once

#include "common/model/span_batch.h"
#include "proto/codec/decode_status.h"

namespace pugmark {

// Decodes batch.payload() as a PostSpansRequest: {1: Batch}.
DecodeStatus DecodePostSpansRequest(SpanBatch& batch);

// Decodes batch.payload() as one jaeger.api_v2.Span message: the batch's only span.
DecodeStatus DecodeApiV2Span(SpanBatch& batch);

}  // namespace pugmark
