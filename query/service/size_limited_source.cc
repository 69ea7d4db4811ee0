#include "query/service/size_limited_source.h"

#include <string>

#include "common/model/span_batch.h"

namespace pugmark {

Result<TracePart> SizeLimitedSource::Next() {
  for (;;) {
    if (!std::exchange(has_ahead_, false)) {
      auto next = inner_->Next();
      if (!next.ok()) {
        return next;
      }
      ahead_ = *std::move(next);
    }
    TracePart part = std::move(ahead_);
    if (part.chunk == nullptr) {
      return part;
    }
    if (part.begins_trace) {
      given_ = 0;
    }
    if (given_ == max_spans_) {
      continue;  // the rest of a trace that was cut
    }
    const std::size_t left = max_spans_ - given_;
    const std::size_t size = part.chunk->spans().size();
    if (size < left) {
      given_ += size;
      return part;
    }
    given_ = max_spans_;
    // Full: whether something is cut may be known only from the part after.
    auto next = inner_->Next();
    if (!next.ok()) {
      return next;
    }
    ahead_ = *std::move(next);
    has_ahead_ = true;
    if (size > left || (ahead_.chunk != nullptr && !ahead_.begins_trace)) {
      part.chunk->Truncate(left);
      Cut(part);
    }
    return part;
  }
}

void SizeLimitedSource::Cut(TracePart& part) const {
  const std::string most = std::to_string(max_spans_);
  Arena& arena = part.Additions();
  AppendWarning(arena, part.chunk->spans().back().warnings,
                arena.CopyText("trace has more than " + most + " spans, showing first " + most +
                               " spans only"));
}

}  // namespace pugmark
