// Reads the spans of a trace without their attributes, events and links: what summaries and
// dependencies are made of.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "common/model/arena.h"
#include "common/model/span.h"
#include "storage/rocks/block.h"
#include "storage/rocks/read_scope.h"
#include "storage/rocks/view.h"

namespace pugmark::rocks {

// Makes heads from records. What they point to lives as long as this, each distinct text once.
class HeadMaker {
 public:
  explicit HeadMaker(std::size_t byte_budget) : arena_(byte_budget) {}

  // kResourceExhausted when the names do not fit the budget.
  Result<Span> Make(const Block& block, const SpanRecord& record);
  Result<Resource*> ServiceOf(const Block& block, const SpanRecord& record);

 private:
  Result<std::string_view> Keep(std::string_view text);

  Arena arena_;
  std::unordered_map<std::string_view, Resource*> services_;  // keys lie in arena_
  std::unordered_map<std::string_view, std::string_view> names_;
};

// Reads all heads of a trace into `heads`, an exact duplicate once; what was in it is dropped.
Status ReadHeads(const ReadScope& scope, View& view, TraceId trace_id, HeadMaker& maker,
                 std::vector<Span>& heads);

}  // namespace pugmark::rocks
