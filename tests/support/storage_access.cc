#include "tests/support/storage_access.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <future>
#include <ostream>

namespace pugmark::testing {

WriteResult WriteAndWait(Storage& storage, const RequestContext& context,
                         std::unique_ptr<SpanBatch> batch, std::optional<BatchId> id) {
  // The promise outlives the call even where done runs twice: the second one throws into the test.
  const auto promise = std::make_shared<std::promise<WriteResult>>();
  std::future<WriteResult> result = promise->get_future();
  SpanWriter* const writer = storage.span_writer();
  REQUIRE(writer != nullptr);
  writer->Write(context, std::move(batch), std::move(id),
                [promise](const WriteResult& given) { promise->set_value(given); });
  return result.get();
}

void MustWrite(Storage& storage, const std::vector<TestSpan>& spans,
               const RequestContext& context) {
  const WriteResult result = WriteAndWait(storage, context, MakeBatch(spans));
  INFO((result.status ? "" : result.status.error().message));
  REQUIRE(result.outcome == WriteResult::Outcome::kCommitted);
  REQUIRE(result.status.ok());
  REQUIRE(result.stored == spans.size());
  REQUIRE(result.rejected == 0);
}

Result<std::vector<ReadTrace>> ReadAll(Result<std::unique_ptr<TraceStream>> stream) {
  if (!stream) {
    return std::move(stream.error());
  }
  REQUIRE(*stream != nullptr);
  std::vector<ReadTrace> traces;
  while (true) {
    Result<std::unique_ptr<TraceChunk>> chunk = (*stream)->Next();
    if (!chunk) {
      return std::move(chunk.error());
    }
    if (*chunk == nullptr) {
      return traces;
    }
    const TraceId id = (*chunk)->trace_id();
    REQUIRE_FALSE((*chunk)->spans().empty());
    if (traces.empty() || traces.back().trace_id != id) {
      const std::vector<TraceId> before = IdsOf(traces);
      REQUIRE(std::find(before.begin(), before.end(), id) == before.end());
      traces.push_back({id, {}, {}});
    }
    for (const Span& span : (*chunk)->spans()) {
      REQUIRE(span.trace_id == id);
      REQUIRE(span.resource != nullptr);
      traces.back().spans.push_back(&span);
    }
    traces.back().chunks.push_back(*std::move(chunk));
  }
}

std::vector<ReadTrace> MustReadAll(Result<std::unique_ptr<TraceStream>> stream) {
  Result<std::vector<ReadTrace>> traces = ReadAll(std::move(stream));
  INFO((traces ? "" : traces.error().message));
  REQUIRE(traces.ok());
  return *std::move(traces);
}

ReadTrace MustReadTrace(TraceReader& reader, TraceId trace_id, const RequestContext& context) {
  std::vector<ReadTrace> traces = MustReadAll(reader.GetTraces(context, {{trace_id, {}}}));
  REQUIRE(traces.size() <= 1);
  return traces.empty() ? ReadTrace{trace_id, {}, {}} : std::move(traces.front());
}

std::vector<TraceId> IdsOf(const std::vector<ReadTrace>& traces) {
  std::vector<TraceId> ids;
  std::transform(traces.begin(), traces.end(), std::back_inserter(ids),
                 [](const ReadTrace& trace) { return trace.trace_id; });
  return ids;
}

std::vector<TraceId> IdsOf(const std::vector<FoundTrace>& traces) {
  std::vector<TraceId> ids;
  std::transform(traces.begin(), traces.end(), std::back_inserter(ids),
                 [](const FoundTrace& trace) { return trace.trace_id; });
  return ids;
}

bool SameSpans(std::vector<const Span*> a, std::vector<const Span*> b) {
  const auto by_hash = [](const Span* x, const Span* y) { return HashSpan(*x) < HashSpan(*y); };
  std::sort(a.begin(), a.end(), by_hash);
  std::sort(b.begin(), b.end(), by_hash);
  // Equal hashes of different spans would only make this false, never true.
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Span* x, const Span* y) { return SameSpan(*x, *y); });
}

std::vector<const Span*> PointersTo(std::span<const Span> spans) {
  std::vector<const Span*> pointers;
  std::transform(spans.begin(), spans.end(), std::back_inserter(pointers),
                 [](const Span& span) { return &span; });
  return pointers;
}

}  // namespace pugmark::testing

namespace pugmark {

std::ostream& operator<<(std::ostream& out, const TraceId& id) { return out << id.ToText(); }

std::ostream& operator<<(std::ostream& out, const Operation& operation) {
  return out << operation.name << " (" << SpanKindName(operation.kind) << ")";
}

}  // namespace pugmark
