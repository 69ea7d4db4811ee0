// Streams whole traces out of a view.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "common/model/arena.h"
#include "storage/api/trace_reader.h"
#include "storage/rocks/block.h"
#include "storage/rocks/flat_map.h"
#include "storage/rocks/read_scope.h"
#include "storage/rocks/trace_blocks.h"
#include "storage/rocks/view.h"

namespace pugmark::rocks {

// Each trace's spans in the order they were written, an exact duplicate once. Beside the chunk,
// which keeps to the byte budget, it holds one unpacked block, whose size the writer bounds.
class StoredTraceStream : public TraceStream {
 public:
  StoredTraceStream(ReadScope scope, std::unique_ptr<View> view, std::vector<TraceId> traces);

  Result<std::unique_ptr<TraceChunk>> Next() override;

 private:
  class SpanList;
  struct Nothing {};
  using SeenSpans = FlatMap<ContentHash, Nothing, HashOfContentHash>;

  // Goes to the next trace asked for; false at the end.
  bool StartTrace();
  // Decodes spans of the current trace until the chunk is full or the trace ends.
  Status Fill(Arena& arena, SpanList& list);
  // As above, out of the current block; true when the chunk is full.
  Result<bool> FillFromBlock(Arena& arena, SpanList& list);

  const ReadScope scope_;
  std::unique_ptr<View> view_;
  const std::vector<TraceId> traces_;
  std::size_t next_trace_ = 0;

  TraceId trace_;
  std::optional<TraceBlocks> blocks_;  // of the current trace; none between traces
  Block block_;
  std::size_t next_span_ = 0;  // in block_
  SeenSpans seen_;
};

}  // namespace pugmark::rocks
