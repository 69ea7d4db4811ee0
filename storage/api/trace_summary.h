// The summary of a trace from its spans, for backends and callers that have whole traces.
#pragma once

#include <span>

#include "common/model/span.h"
#include "storage/api/trace_reader.h"

namespace pugmark {

// `spans` are all of one trace, each once; there is at least one.
TraceSummary SummarizeTrace(std::span<const Span* const> spans);

}  // namespace pugmark
