// Traces cut at a number of spans (--query.max-trace-size), so that one broken client cannot make
// traces that nobody can open.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "query/service/trace_source.h"

namespace pugmark {

// The last span that is kept of a longer trace gets a warning that says so.
class SizeLimitedSource : public TraceSource {
 public:
  SizeLimitedSource(std::unique_ptr<TraceSource> inner, std::size_t max_spans)
      : inner_(std::move(inner)), max_spans_(max_spans) {}

  Result<TracePart> Next() override;
  [[nodiscard]] const std::vector<TraceId>& missing() const override { return inner_->missing(); }

 private:
  void Cut(TracePart& part) const;

  const std::unique_ptr<TraceSource> inner_;
  const std::size_t max_spans_;
  TracePart ahead_;
  bool has_ahead_ = false;
  std::size_t given_ = 0;  // spans of the trace under way
};

}  // namespace pugmark
