// Repairs spans before they are stored, as Jaeger's sanitizers do (reference 2.6 and 9).
#pragma once

#include "common/model/span_batch.h"

namespace pugmark {

// Puts names in place of missing service names and makes durations positive. Spans of Jaeger's
// formats get the tag of Jaeger's v1 sanitizers, others the warning of its v2 sanitizers. Nothing
// happens to a span that is in order.
void Sanitize(SpanBatch& batch);

}  // namespace pugmark
