// What of a search can be decided from a schema, its dictionaries and its filters, before any span
// is put together: which types can match, and which rows by the values of their columns. A plan
// never says no to a span that matches; spans it says yes to are shown to the SpanMatcher.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "storage/api/trace_query.h"
#include "storage/rocks/columnar/schema.h"

namespace pugmark::engine {

// The dictionary of a column, of a head or of a segment.
struct DictionaryView {
  std::span<const std::uint64_t> numbers;
  std::span<const std::string_view> texts;
  bool has_plain = false;  // there are values outside of it
};
using DictionaryOf = std::function<Result<DictionaryView>(std::uint32_t column)>;

// Rows that have one of these values in a column.
struct ColumnPredicate {
  std::uint32_t column = 0;
  bool any_value = false;          // whatever it is
  std::vector<std::uint32_t> ids;  // dictionary numbers, ascending
  bool plain = false;              // and plain values that equal, see below
  std::string text;                // of a text column
  bool text_is_known = false;      // else any plain value
  std::uint64_t bits = 0;          // of a number column
  bool bits_are_known = false;

  [[nodiscard]] bool HasId(std::uint32_t id) const;
};

struct PlanNode {
  enum class Kind { kEverything, kAnd, kOr, kLeaf };
  Kind kind = Kind::kEverything;
  bool is_exact = false;  // a row passes only where the filter holds of it
  std::vector<PlanNode> children;
  std::vector<std::uint8_t> whole_types;  // leaf: types all of whose rows pass
  std::vector<ColumnPredicate> columns;   // leaf: or rows that pass by a column
};

struct QueryPlan {
  std::vector<std::uint8_t> types;  // those that can match by tenant, service and operation
  bool has_types = false;           // any of them
  PlanNode filter;
  bool needs_matcher = false;  // rows that pass may yet not match
};

Result<QueryPlan> MakePlan(const TraceQuery& query, const std::string& tenant, const Schema& schema,
                           const DictionaryOf& dictionary_of);

}  // namespace pugmark::engine
