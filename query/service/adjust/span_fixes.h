// The adjusters that look at one span at a time, and what the whole trace had to say about it, put
// into effect.
#pragma once

#include <cstddef>
#include <string>

#include "common/base/result.h"
#include "common/model/arena.h"
#include "query/service/adjust/dialect.h"
#include "query/service/adjust/span_record.h"

namespace pugmark {

// Adjusts the spans of one trace, one after another. Resources are copied before they are changed.
class SpanFixer {
 public:
  SpanFixer(AdjustDialect dialect, Nanoseconds max_skew) : dialect_(dialect), max_skew_(max_skew) {}

  // Arena and resources of the spans before may be gone, and their addresses in use again.
  void BeginPart() { last_resource_ = nullptr; }
  // `span` is as its dialect shows it; what it gets lies in `arena`. kResourceExhausted when that
  // is full.
  Status Fix(Span& span, const SpanRecord& record, Arena& arena);

 private:
  void ApplyIds(Span& span, const SpanRecord& record, Arena& arena) const;
  void ApplyFindings(Span& span, const SpanRecord& record, Arena& arena) const;
  // The resource of `span`, with the library attributes that move from span to resource.
  void FixResource(Span& span, Arena& arena);
  void FixLinks(Span& span, Arena& arena) const;

  const AdjustDialect dialect_;
  const Nanoseconds max_skew_;
  // The last resource and what became of it, for neighbours that share it.
  const Resource* last_resource_ = nullptr;
  Resource* last_fixed_ = nullptr;
};

}  // namespace pugmark
