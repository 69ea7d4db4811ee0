// One typed expression tree for every search predicate: Jaeger's tag map, api_v3's attributes and
// the structured filter (reference 3.11) all become it in the API layer.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace pugmark {

enum class FilterOp : std::uint8_t {
  kAnd,
  kOr,
  kNot,  // over `children`
  kEq,
  kNe,
  kGt,
  kLt,
  kGte,
  kLte,    // attribute or field against values[0]
  kRegex,  // RE2, unanchored, against values[0]
  kExists,
  kIn,
  kNotIn,  // against all values
  kSome,   // children hold of one same event or link (`level` says which)
};

// Where an attribute is looked up.
enum class FilterLevel : std::uint8_t {
  kAny,        // span, resource, scope, event and link
  kJaegerTag,  // span attributes, resource attributes and event attributes: what Jaeger's tag
               // search covers
  kSpan,
  kResource,
  kScope,
  kEvent,
  kLink,
};

// A literal. Text compares with the value as text, where FilterNode::as_text says so; else by type,
// numbers as numbers.
using FilterValue = std::variant<std::string, bool, std::int64_t, double>;

struct FilterNode {
  FilterOp op = FilterOp::kAnd;
  FilterLevel level = FilterLevel::kAny;
  bool is_field =
      false;  // `key` names an intrinsic field (reference 3.11), such as "name" or "duration"
  bool as_text =
      false;  // compare as Jaeger does: true/false, decimal, %g with 10 digits, hex for bytes
  std::string key;
  std::vector<FilterValue> values;
  std::vector<FilterNode> children;

  // Matches everything: an empty conjunction.
  [[nodiscard]] bool IsTrivial() const { return op == FilterOp::kAnd && children.empty(); }
};

// key = text, as Jaeger's `tag=key:text` asks.
inline FilterNode JaegerTagEquals(std::string key, std::string text) {
  FilterNode node;
  node.op = FilterOp::kEq;
  node.level = FilterLevel::kJaegerTag;
  node.as_text = true;
  node.key = std::move(key);
  node.values.emplace_back(std::move(text));
  return node;
}

}  // namespace pugmark
