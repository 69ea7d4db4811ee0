// Spans as jaeger.api_v2 protobuf (reference 8.1). The attribute types that Jaeger does not have
// (array, map, empty) become JSON strings and "".
#pragma once

#include <span>
#include <string>

#include "common/model/span.h"

namespace pugmark {

// Appends a PostSpansRequest with one Batch: `resource` as its process, and the spans; a span of
// another resource carries its own process.
void AppendPostSpansRequest(std::string& out, const Resource& resource,
                            std::span<const Span> spans);

// The contents of a Batch in two parts, for a sender that gathers the spans of many small batches
// under one process: the fields `spans` (repeated calls add up) and the field `process`. A span of
// another resource than `resource` carries its own process.
void AppendBatchSpans(std::string& out, const Resource& resource, std::span<const Span> spans);
void AppendBatchProcess(std::string& out, const Resource& resource);

// Appends one Span message, its process included, without tag and length.
void AppendApiV2Span(std::string& out, const Span& span);

}  // namespace pugmark
