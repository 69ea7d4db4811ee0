// Writes Jaeger's Thrift formats from spans: what the load generator and the tests send.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "common/model/span.h"
#include "proto/codec/thrift_batch.h"

namespace pugmark {

// A message Agent.emitBatch (ONEWAY, sequence id `sequence`) with the spans, all of one resource.
std::string EncodeAgentMessage(ThriftProtocol protocol, const Resource& resource,
                               std::span<const Span> spans, std::int32_t sequence = 0);

// A bare jaeger.Batch struct.
std::string EncodeThriftBatch(ThriftProtocol protocol, const Resource& resource,
                              std::span<const Span> spans);

}  // namespace pugmark
