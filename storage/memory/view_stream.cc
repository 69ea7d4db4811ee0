#include "storage/memory/view_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/model/span_batch.h"

namespace pugmark {
namespace {

constexpr std::size_t kChunkSpans = 1000;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

class ViewStream : public TraceStream {
 public:
  ViewStream(RequestContext context, std::vector<TraceView> views)
      : context_(std::move(context)), views_(std::move(views)) {}

  Result<std::unique_ptr<TraceChunk>> Next() override {
    if (Status alive = context_.Check(); !alive) {
      return std::move(alive.error());
    }
    if (trace_ == views_.size()) {
      return std::unique_ptr<TraceChunk>();
    }
    const TraceId trace_id = views_[trace_].trace_id();
    Gather();
    if (gathered_.empty()) {
      return Error{ErrorCode::kResourceExhausted,
                   "trace " + trace_id.ToText() +
                       ": a span takes more than the request's budget of " +
                       std::to_string(context_.byte_budget) + " bytes"};
    }
    return Copy(trace_id);
  }

 private:
  // Takes the next spans of the current trace, as many as a chunk may hold, and steps behind them.
  void Gather() {
    gathered_.clear();
    const std::size_t most_bytes = std::min(kChunkBytes, context_.byte_budget);
    std::size_t bytes = Arena::kChunkOverhead;
    const auto fragments = views_[trace_].fragments();
    while (fragment_ < fragments.size()) {
      const std::span<const Span> spans = fragments[fragment_]->spans;
      while (span_ < spans.size()) {
        bytes += CopyBytes(spans.subspan(span_, 1));
        const bool fits =
            gathered_.size() < kChunkSpans && (bytes <= most_bytes || FitsAlone(bytes));
        if (!fits) {
          return;
        }
        gathered_.push_back(spans[span_++]);
      }
      span_ = 0;
      ++fragment_;
    }
    fragment_ = 0;
    views_[trace_++] = {};  // what only this stream kept alive can go
  }

  [[nodiscard]] bool FitsAlone(std::size_t bytes) const {
    return gathered_.empty() && bytes <= context_.byte_budget;
  }

  Result<std::unique_ptr<TraceChunk>> Copy(TraceId trace_id) {
    const std::size_t bytes = CopyBytes(gathered_);
    auto arena = std::make_unique<Arena>(bytes + Arena::kChunkOverhead + kAppendable);
    std::span<Span> spans;
    if (arena->Reserve(bytes)) {
      spans = CopySpans(*arena, gathered_);
    }
    if (spans.empty()) {
      return Error{ErrorCode::kResourceExhausted, "out of memory"};
    }
    return std::make_unique<TraceChunk>(trace_id, std::move(arena), spans);
  }

  // What adjusters may add to a chunk: warnings, tags.
  static constexpr std::size_t kAppendable = std::size_t{64} << 20;

  const RequestContext context_;
  std::vector<TraceView> views_;
  std::vector<Span> gathered_;  // of the chunk under way, still pointing into the store
  std::size_t trace_ = 0;
  std::size_t fragment_ = 0;  // of that trace
  std::size_t span_ = 0;      // of that fragment
};

}  // namespace

std::unique_ptr<TraceStream> StreamViews(RequestContext context, std::vector<TraceView> views) {
  return std::make_unique<ViewStream>(std::move(context), std::move(views));
}

}  // namespace pugmark
