// The classes that the Thrift compiler generates, as a second opinion on the Thrift decoder.
#pragma once

#include <string>
#include <string_view>

#include "proto/codec/thrift_batch.h"

namespace pugmark::testing {

struct OracleVerdict {
  bool accepted = false;
  std::string reason;    // why not, in the library's words
  std::string contents;  // Describe() of the spans, with the batch's own facts behind them
};

// Decodes with the generated classes and translates by the rules of thrift_batch.h. Where our
// decoder is stricter than Apache Thrift on purpose, the verdict is the strict one:
// - a list of something other than structs, where structs are expected, is refused (generated code
//   does not look at the element type and reads whatever is there);
// - what is skipped may be nested 16 deep, not 64;
// - a message without the batch argument is refused.
OracleVerdict AgentMessageByOracle(ThriftProtocol protocol, std::string_view bytes);
OracleVerdict ThriftBatchByOracle(ThriftProtocol protocol, std::string_view bytes);

// Fills the generated class with an agent message's batch and forgets it: what generated code
// costs. Throws for anything but a valid message.
void ReadWithOracle(ThriftProtocol protocol, std::string_view bytes);

// The same text for what our decoder left.
std::string DescribeBatch(const SpanBatch& batch, const ThriftBatchInfo& info);

}  // namespace pugmark::testing
