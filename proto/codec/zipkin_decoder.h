// Zipkin's formats into a SpanBatch.
//
// - v2: a JSON array of spans, or a ListOfSpans of zipkin.proto (zipkin.io/zipkin-api; field
// numbers
//   in proto/idl/zipkin)
// - v1: a JSON array of spans, or a list<zipkincore.Span> in Thrift's binary protocol (field ids:
//   reference 8.2)
// translated as Jaeger's collector does on 9411 (reference 8.5), and
// - messages of Agent.emitZipkinBatch in either Thrift protocol, translated as Jaeger's agent does
//   (reference 8.6).
//
// No exception, no allocation per span. Ids of more digits than theirs, or missing ones, are kBadId
// for the whole message. JSON and protobuf must be UTF-8; in Thrift invalid bytes are replaced.
#pragma once

#include "common/model/span_batch.h"
#include "proto/codec/decode_status.h"
#include "proto/codec/thrift_batch.h"

namespace pugmark {

// Each decodes batch.payload().
DecodeStatus DecodeZipkinV2Json(SpanBatch& batch);
DecodeStatus DecodeZipkinV2Proto(SpanBatch& batch);
DecodeStatus DecodeZipkinV1Json(SpanBatch& batch);
DecodeStatus DecodeZipkinV1Thrift(SpanBatch& batch);

// One datagram to the agent. kUnknownMethod for any other method than emitZipkinBatch. A span of
// which nothing names the service makes the whole message kMalformed, as in Jaeger's agent.
DecodeStatus DecodeZipkinAgentMessage(ThriftProtocol protocol, SpanBatch& batch);

}  // namespace pugmark
