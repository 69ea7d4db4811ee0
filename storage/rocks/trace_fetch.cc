#include "storage/rocks/trace_fetch.h"

#include <algorithm>
#include <span>
#include <utility>

#include "storage/rocks/span_decoder.h"

namespace pugmark::rocks {
namespace {

constexpr std::size_t kMaxChunkSpans = 1024;
constexpr std::size_t kUsualChunkBytes = std::size_t{1} << 20;

}  // namespace

// A list that grows inside the arena of its chunk.
class StoredTraceStream::SpanList {
 public:
  explicit SpanList(Arena& arena) : arena_(arena) {}

  // Room for one more span; null when the arena is full.
  Span* Room() {
    if (size_ == room_.size()) {
      const std::size_t wanted = room_.empty() ? kFirstRoom : room_.size() * 2;
      Span* const grown = arena_.Allocate<Span>(wanted);
      if (grown == nullptr) {
        return nullptr;
      }
      std::copy(room_.begin(), room_.end(), grown);
      room_ = {grown, wanted};
    }
    return &room_[size_];
  }
  void Keep() { ++size_; }
  [[nodiscard]] std::span<Span> spans() const { return room_.first(size_); }

 private:
  static constexpr std::size_t kFirstRoom = 16;

  Arena& arena_;
  std::span<Span> room_;
  std::size_t size_ = 0;
};

StoredTraceStream::StoredTraceStream(ReadScope scope, std::unique_ptr<View> view,
                                     std::vector<TraceId> traces)
    : scope_(std::move(scope)), view_(std::move(view)), traces_(std::move(traces)) {}

Result<std::unique_ptr<TraceChunk>> StoredTraceStream::Next() {
  while (blocks_ || StartTrace()) {
    if (Status status = scope_.MayHold(seen_.bytes()); !status) {
      return std::move(status.error());
    }
    auto arena = std::make_unique<Arena>(scope_.context.byte_budget - seen_.bytes());
    SpanList list(*arena);
    if (Status status = Fill(*arena, list); !status) {
      blocks_.reset();
      return std::move(status.error()).Wrap("trace " + trace_.ToText());
    }
    if (!list.spans().empty()) {
      return std::make_unique<TraceChunk>(trace_, std::move(arena), list.spans());
    }
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

Status StoredTraceStream::Fill(Arena& arena, SpanList& list) {
  bool is_full = false;
  while (!is_full) {
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
    const Result<bool> filled = FillFromBlock(arena, list);
    if (!filled) {
      return filled.error();
    }
    is_full = *filled;
  }
  return {};
}

Result<bool> StoredTraceStream::FillFromBlock(Arena& arena, SpanList& list) {
  SpanDecoder decoder(block_, arena, SpanDecoder::Texts::kInArena);
  for (; next_span_ < block_.span_count(); ++next_span_) {
    const SpanRecord record = block_.span(next_span_);
    if (record.trace_id() != trace_) {
      continue;
    }
    const ContentHash hash = block_.Hash(record);
    if (seen_.Get(hash) != nullptr) {
      continue;
    }
    const bool is_first = list.spans().empty();
    if (list.spans().size() == kMaxChunkSpans || arena.bytes_reserved() > kUsualChunkBytes) {
      return true;
    }
    Span* const span = list.Room();
    Status decoded =
        span == nullptr ? SpanDecoder::OutOfRoom(arena) : decoder.Decode(record, *span);
    if (!decoded) {
      // What does not fit beside others starts the next chunk.
      if (!is_first && decoded.error().code == ErrorCode::kResourceExhausted) {
        return true;
      }
      return std::move(decoded.error());
    }
    list.Keep();
    seen_.Insert(hash);
  }
  return false;
}

}  // namespace pugmark::rocks
