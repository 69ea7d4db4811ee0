// Traces of the memory store as a pull stream.
#pragma once

#include <memory>
#include <vector>

#include "storage/api/request_context.h"
#include "storage/api/trace_reader.h"
#include "storage/memory/stored_trace.h"

namespace pugmark {

// The traces in that order. A chunk holds at most 1,000 spans, about a MiB, and no more than the
// request's byte budget; a span that alone passes the budget ends the stream with
// kResourceExhausted.
std::unique_ptr<TraceStream> StreamViews(RequestContext context, std::vector<TraceView> views);

}  // namespace pugmark
