#include "storage/api/match.h"

#include <utility>

#include "storage/api/filter_program.h"

namespace pugmark {

struct SpanMatcher::Program {
  TraceQuery query;
  FilterProgram filter;
};

SpanMatcher::SpanMatcher(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
SpanMatcher::SpanMatcher(SpanMatcher&&) noexcept = default;
SpanMatcher& SpanMatcher::operator=(SpanMatcher&&) noexcept = default;
SpanMatcher::~SpanMatcher() = default;

Result<SpanMatcher> SpanMatcher::Compile(const TraceQuery& query) {
  Result<FilterProgram> filter = FilterProgram::Compile(query.filter);
  if (!filter) {
    return std::move(filter.error());
  }
  return SpanMatcher(std::make_unique<const Program>(Program{query, *std::move(filter)}));
}

bool SpanMatcher::Matches(const Span& span) const {
  const TraceQuery& query = program_->query;
  if (!query.start.Contains(span.start_time) || !query.duration.Contains(span.duration)) {
    return false;
  }
  if (query.operation && *query.operation != span.name) {
    return false;
  }
  if (query.service && *query.service != (span.resource == nullptr ? std::string_view()
                                                                   : span.resource->service_name)) {
    return false;
  }
  return program_->filter.Holds(span);
}

}  // namespace pugmark
