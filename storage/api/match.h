// Whether a span satisfies a query: the reference meaning of every predicate, shared by the
// backends that look at whole spans and by the tests of those that do not.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/span.h"
#include "storage/api/trace_query.h"

namespace re2 {
class RE2;
}

namespace pugmark {

// The text Jaeger compares tags as (reference 8.1, AsString): true/false, decimal, %g with 10
// digits, hex for bytes, and for arrays and maps the JSON that its API shows.
std::string ValueAsJaegerText(const Value& value);

// A query prepared for many spans: regular expressions compiled, shapes checked.
class SpanMatcher {
 public:
  // kInvalidArgument for an expression that is malformed, nested more than 20 deep, or has a bad
  // regular expression.
  static Result<SpanMatcher> Compile(const TraceQuery& query);
  SpanMatcher(SpanMatcher&&) noexcept;
  ~SpanMatcher();

  // Whether every part of the query but `limit` and `cursor` holds of the span.
  [[nodiscard]] bool Matches(const Span& span) const;

 private:
  explicit SpanMatcher(TraceQuery query);

  TraceQuery query_;
  std::vector<std::pair<std::string, std::unique_ptr<re2::RE2>>> regexes_;  // by pattern
};

}  // namespace pugmark
