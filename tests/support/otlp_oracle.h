// The classes that protoc generates, as a second opinion on the OTLP codecs.
#pragma once

#include <string>
#include <string_view>

#include "common/model/span_batch.h"
#include "tests/support/proto_wire.h"

namespace pugmark::testing {

// Decodes with the generated classes and translates by the rules of otlp_decoder.h, spans with ids
// of other lengths left out. The comparison says nothing about bytes with invalid UTF-8, which
// generated classes refuse and our decoder repairs.
ProtoVerdict OtlpByOracle(std::string_view bytes);

// The generated ExportTraceServiceRequest with the spans of `batch`, serialized: neighbours of one
// resource and scope stand together.
std::string OtlpWithOracle(const SpanBatch& batch);

}  // namespace pugmark::testing
