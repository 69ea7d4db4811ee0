// Whether a span satisfies a query: the reference meaning of every predicate, shared by the
// backends that look at whole spans and by the tests of those that do not.
#pragma once

#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/model/span.h"
#include "storage/api/trace_query.h"

namespace pugmark {

// The text Jaeger compares tags as (reference 8.1, AsString): true/false, decimal, %g with 10
// digits, hex for bytes, and for arrays and maps the JSON that its API shows.
std::string ValueAsJaegerText(const Value& value);

// A query prepared for many spans: regular expressions compiled, shapes checked.
//
// Service and operation are compared exactly, ranges include both ends. What a filter's leaf means
// is told in filter_program.h, which values a field has in filter_field.h. Special keys: `error` at
// level kSpan or kAny is whether the span's status is Error, whatever attribute it has;
// `service.name` at kResource or kAny is the service's name; kJaegerTag covers exactly the tags
// that Jaeger shows of the span, those that it derives for OTLP spans included (reference 8.3).
//
// Thread safety: Matches may be called concurrently. It allocates only where an array or a map
// meets a literal that looks like its JSON.
class SpanMatcher {
 public:
  // kInvalidArgument for an expression that is malformed, nested more than 20 deep, or has a bad
  // regular expression.
  static Result<SpanMatcher> Compile(const TraceQuery& query);
  SpanMatcher(SpanMatcher&&) noexcept;
  SpanMatcher& operator=(SpanMatcher&&) noexcept;
  ~SpanMatcher();

  // Whether every part of the query but `limit` and `cursor` holds of the span.
  [[nodiscard]] bool Matches(const Span& span) const;

 private:
  struct Program;
  explicit SpanMatcher(std::unique_ptr<const Program> program);

  std::unique_ptr<const Program> program_;
};

}  // namespace pugmark
