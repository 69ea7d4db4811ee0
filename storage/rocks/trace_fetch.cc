#include "storage/rocks/trace_fetch.h"

#include <utility>

#include "storage/rocks/span_decoder.h"

namespace pugmark::rocks {
namespace {

constexpr std::size_t kMaxChunkSpans = 1024;
constexpr std::size_t kUsualChunkBytes = std::size_t{1} << 20;

}  // namespace

StoredTraceStream::StoredTraceStream(ReadScope scope, std::unique_ptr<View> view,
                                     std::vector<TraceId> traces)
    : scope_(std::move(scope)), view_(std::move(view)), traces_(std::move(traces)) {}

Result<std::unique_ptr<TraceChunk>> StoredTraceStream::Next() {
  while (blocks_ || StartTrace()) {
    if (Status status = scope_.MayHold(bytes_held()); !status) {
      return std::move(status.error());
    }
    auto arena = std::make_unique<Arena>(scope_.context.byte_budget - bytes_held());
    std::vector<Span> spans;
    if (Status status = Fill(*arena, spans); !status) {
      blocks_.reset();
      return std::move(status.error());
    }
    if (spans.empty()) {
      continue;
    }
    const std::span<Span> kept = arena->Copy(std::span<Span>(spans));
    if (kept.size() != spans.size()) {
      return std::move(scope_.MayHold(SIZE_MAX).error());
    }
    return std::make_unique<TraceChunk>(trace_, std::move(arena), kept);
  }
  return std::unique_ptr<TraceChunk>();
}

bool StoredTraceStream::StartTrace() {
  if (next_trace_ == traces_.size()) {
    view_.reset();  // nothing is pinned for a caller that keeps the stream
    return false;
  }
  trace_ = traces_[next_trace_++];
  seen_.Clear();
  block_ = Block();
  next_span_ = 0;
  blocks_.emplace(scope_, *view_, trace_);
  return true;
}

Status StoredTraceStream::Fill(Arena& arena, std::vector<Span>& spans) {
  while (spans.size() < kMaxChunkSpans && arena.bytes_reserved() < kUsualChunkBytes) {
    if (next_span_ == block_.span_count()) {
      const Result<bool> loaded = blocks_->Next(block_);
      if (!loaded) {
        return loaded.error();
      }
      if (!*loaded) {
        blocks_.reset();
        return {};
      }
      next_span_ = 0;
    }
    SpanDecoder decoder(block_, arena, SpanDecoder::Texts::kInArena);
    for (; next_span_ < block_.span_count() && spans.size() < kMaxChunkSpans &&
           arena.bytes_reserved() < kUsualChunkBytes;
         ++next_span_) {
      const SpanRecord record = block_.span(next_span_);
      if (record.trace_id() != trace_ || !seen_.Insert(block_.Hash(record)).second) {
        continue;
      }
      if (Status status = decoder.Decode(record, spans.emplace_back()); !status) {
        return std::move(status.error()).Wrap("trace " + trace_.ToText());
      }
    }
  }
  return {};
}

}  // namespace pugmark::rocks
