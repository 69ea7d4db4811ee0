// Clocks of different hosts made to agree within a trace (reference 3.10).
#pragma once

#include <span>

#include "common/base/time.h"
#include "query/service/adjust/span_record.h"

namespace pugmark {

// Sets findings and shifts: a child that lies outside its parent on another host is moved into it,
// half of the difference of the durations after the parent's start, and everything below it on the
// same host with it. Nothing is moved by more than `most`; 0 moves nothing and only finds.
//
// Spans that are dropped do not take part. Of several spans with one id the first does.
void CorrectClockSkew(std::span<SpanRecord> records, Nanoseconds most);

}  // namespace pugmark
