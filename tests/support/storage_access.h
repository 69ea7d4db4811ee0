// Short ways to write to a store and to read all that a stream gives.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/api/storage.h"
#include "tests/support/span_builder.h"

namespace pugmark::testing {

// Writes and waits for `done`. Fails the test where done runs more than once.
WriteResult WriteAndWait(Storage& storage, const RequestContext& context,
                         std::unique_ptr<SpanBatch> batch, std::optional<BatchId> id = {});

// Writes under the default context; fails the test where that is not committed whole.
void MustWrite(Storage& storage, const std::vector<TestSpan>& spans,
               const RequestContext& context = {});

// One trace as a stream gave it.
struct ReadTrace {
  TraceId trace_id;
  std::vector<std::unique_ptr<TraceChunk>> chunks;
  std::vector<const Span*> spans;  // of all chunks
};

// Reads to the end. Fails the test where a chunk is empty, mixes traces, or comes apart from the
// others of its trace.
Result<std::vector<ReadTrace>> ReadAll(Result<std::unique_ptr<TraceStream>> stream);
// As above; fails the test on an error.
std::vector<ReadTrace> MustReadAll(Result<std::unique_ptr<TraceStream>> stream);

// One trace by id; no chunks where it is absent.
ReadTrace MustReadTrace(TraceReader& reader, TraceId trace_id, const RequestContext& context = {});

std::vector<TraceId> IdsOf(const std::vector<ReadTrace>& traces);
std::vector<TraceId> IdsOf(const std::vector<FoundTrace>& traces);

// Whether both hold equal spans, in whatever order.
bool SameSpans(std::vector<const Span*> a, std::vector<const Span*> b);
std::vector<const Span*> PointersTo(std::span<const Span> spans);

}  // namespace pugmark::testing

namespace pugmark {

std::ostream& operator<<(std::ostream& out, const TraceId& id);
std::ostream& operator<<(std::ostream& out, const Operation& operation);

}  // namespace pugmark
