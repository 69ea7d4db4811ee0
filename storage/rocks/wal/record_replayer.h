// Replays write-ahead log records into a head.
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "storage/rocks/head/head.h"

namespace pugmark::engine {

struct RecordSummary {
  bool starts_head = false;
  std::size_t spans = 0;
};

// Whether the bytes are a whole record of a version that this release reads, without replaying it.
// Errors: kDataLoss; kFailedPrecondition - of a newer version.
Result<RecordSummary> CheckRecord(std::string_view record);

// Appends the spans of `record` to `head`, which all earlier records of the same head were replayed
// into, unpublished. The caller holds the head's mutex exclusively.
// Errors: as CheckRecord, and kDataLoss where the record does not continue this head; the head is
// then of no more use beyond its published rows.
Result<RecordSummary> ReplayRecord(std::string_view record, Head& head);

}  // namespace pugmark::engine
