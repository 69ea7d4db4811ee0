// Client and server of one call that share a span id, as Zipkin's clients send them, told apart.
#pragma once

#include <span>

#include "query/service/adjust/span_record.h"

namespace pugmark {

// A server span that shares its id with a client span gets the lowest id that the trace does not
// use, counting from 1, and its old id as parent; every other span below the old id moves below the
// new one.
void MakeSpanIdsUnique(std::span<SpanRecord> records);

}  // namespace pugmark
