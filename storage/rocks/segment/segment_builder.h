// Turns a full head into the chunks of a segment.
#pragma once

#include <cstdint>
#include <vector>

#include "storage/rocks/head/head.h"
#include "storage/rocks/segment/segment_format.h"
#include "storage/rocks/segment/segment_meta.h"

namespace pugmark::engine {

struct SegmentImage {
  SegmentHeader header;
  std::vector<SegmentChunkData> chunks;  // by key
  std::uint32_t duplicates = 0;          // rows left out: exact copies within their trace

  [[nodiscard]] std::size_t bytes() const;
};

struct SegmentOptions {
  std::uint32_t group_rows = kMostGroupRows;  // at most kMostGroupRows
};

// All rows of `head`, which nobody appends to any more and which is not empty.
SegmentImage BuildSegment(const Head& head, const SegmentOptions& options = {});

}  // namespace pugmark::engine
