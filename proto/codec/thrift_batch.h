// Jaeger's Thrift wire formats into a SpanBatch: jaeger.thrift and agent.thrift (field ids:
// reference 8.2), in Thrift's compact and binary protocols
// (thrift/doc/specs/thrift-compact-protocol.md, thrift-binary-protocol.md; strict and old binary
// message headers are both taken).
//
// Zero copy: texts point into the batch's payload; only repaired texts lie in its arena. No
// allocation per span, no exception, every length checked against the bytes left, unknown fields
// skipped to a depth of 16. Invalid UTF-8 is replaced (no Thrift schema promises it). Each tag
// becomes an attribute, each log an event, each reference a link; kind and status are derived.
#pragma once

#include <cstdint>

#include "common/model/span_batch.h"
#include "proto/codec/decode_status.h"

namespace pugmark {

enum class ThriftProtocol : std::uint8_t { kCompact, kBinary };

// Drop counters that a client reports about itself inside its batches.
struct ClientStats {
  std::int64_t full_queue_dropped_spans = 0;
  std::int64_t too_large_dropped_spans = 0;
  std::int64_t failed_to_emit_spans = 0;
};

// What a batch says beside its spans.
struct ThriftBatchInfo {
  bool has_seq_no = false;
  std::int64_t seq_no = 0;
  bool has_stats = false;
  ClientStats stats;
};

// Decodes batch.payload() as one datagram to the agent: a message of Agent.emitBatch, CALL or
// ONEWAY (the type is not checked). kUnknownMethod for any other method, emitZipkinBatch included.
DecodeStatus DecodeAgentMessage(ThriftProtocol protocol, SpanBatch& batch,
                                ThriftBatchInfo* info = nullptr);

// Decodes batch.payload() as a bare jaeger.Batch struct, as POST /api/traces has it.
DecodeStatus DecodeThriftBatch(ThriftProtocol protocol, SpanBatch& batch,
                               ThriftBatchInfo* info = nullptr);

}  // namespace pugmark
