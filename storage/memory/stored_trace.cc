#include "storage/memory/stored_trace.h"

#include <algorithm>
#include <utility>

namespace pugmark {

TraceId TraceView::trace_id() const { return trace_->trace_id(); }

TraceView StoredTrace::View() const {
  TraceView view;
  view.trace_ = shared_from_this();
  const std::lock_guard lock(mutex_);
  view.fragments_.reserve(fragments_.size());
  for (const auto& fragment : fragments_) {
    view.fragments_.push_back(fragment.get());
  }
  view.start_ = start_;
  view.newest_ = newest_;
  view.end_ = end_;
  return view;
}

void StoredTrace::Append(Fragment fragment) {
  const std::lock_guard lock(mutex_);
  for (const Span& span : fragment.spans) {
    start_ = std::min(start_, span.start_time);
    newest_ = std::max(newest_, span.start_time);
    end_ = std::max(end_, AddSaturating(span.start_time, span.duration));
  }
  fragments_.push_back(std::make_unique<const Fragment>(std::move(fragment)));
}

}  // namespace pugmark
