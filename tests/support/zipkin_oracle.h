// Generated classes as a second opinion on the decoders of Zipkin's binary formats. They fill the
// same translators as the decoders do, so that the comparison is one of reading the wire.
#pragma once

#include <string>
#include <string_view>

#include "proto/codec/thrift_batch.h"
#include "tests/support/proto_wire.h"
#include "tests/support/thrift_oracle.h"

namespace pugmark::testing {

// Ids of other lengths than 8 and 16 bytes, and missing ones, are refused.
ProtoVerdict ZipkinProtoByOracle(std::string_view bytes);
// With the rules of StrictProtocol (thrift_oracle.h); missing ids are refused.
OracleVerdict ZipkinThriftByOracle(std::string_view bytes);
OracleVerdict ZipkinAgentMessageByOracle(ThriftProtocol protocol, std::string_view bytes);

}  // namespace pugmark::testing
