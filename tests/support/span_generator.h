// Random but repeatable spans with every feature that a format can carry.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/model/span_batch.h"
#include "tests/support/random.h"

namespace pugmark::testing {

// What the generated spans may hold, named after the format that carries it without loss.
enum class SpanProfile : std::uint8_t {
  kThrift,  // one resource; Jaeger's value types; times in whole microseconds
  kApiV2,   // several resources; Jaeger's value types; the parent stands in the references
  kOtlp,    // everything that the model has
};

// Fills `batch` with `count` spans, as a decoder of that format would leave them (kind and status
// derived, for Jaeger's formats the parent too).
void GenerateSpans(SpanBatch& batch, SpanProfile profile, std::size_t count, Random& random);

}  // namespace pugmark::testing
