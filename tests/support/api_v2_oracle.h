// The classes that protoc generates, as a second opinion on the api_v2 decoder.
#pragma once

#include <string>
#include <string_view>

#include "common/model/span_batch.h"
#include "tests/support/proto_wire.h"

namespace pugmark::testing {

// Decodes with the generated classes and translates by the rules of api_v2_decoder.h: ids of other
// lengths than 0, 8 and 16 are refused, which protobuf knows nothing of.
ProtoVerdict PostSpansByOracle(std::string_view bytes);

// The generated PostSpansRequest with the spans of `batch` (those of its first resource without a
// process of their own), serialized.
std::string PostSpansWithOracle(const SpanBatch& batch);

}  // namespace pugmark::testing
