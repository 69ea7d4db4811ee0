// Spans as services of the usual kind send them: 11 attributes of 5 types, 1 or 2 events of 3 or 4
// attributes, 5 attributes of the resource, one span in 16 with text beyond ASCII; around 700 bytes
// a span in a binary format.
#pragma once

#include <cstddef>
#include <string>

#include "common/model/span_batch.h"

namespace pugmark::bench {

// Fills `batch` with spans as a decoder of `format` would leave them: kJaeger, kProto or kOtlp.
void FillUsualSpans(SpanBatch& batch, SourceFormat format, std::size_t count);

}  // namespace pugmark::bench
