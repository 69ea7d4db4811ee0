#include "storage/rocks/engine/query_plan.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "storage/api/filter_program.h"
#include "storage/api/value_compare.h"
#include "storage/rocks/columnar/value_codec.h"

namespace pugmark::engine {
namespace {

constexpr std::size_t kScratchBytes = std::size_t{64} << 20;

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// Keys that Jaeger's APIs, and with them searches, derive from fields of a span.
bool IsDerived(std::string_view key) {
  return key == "error" || key == "span.kind" || key == "service.name" || key == "w3c.tracestate" ||
         key == "@jaeger@format" || key == "event" || StartsWith(key, "otel.");
}

// Fields that a type fixes.
bool IsFieldOfType(const FilterNode& node) {
  return (node.level == FilterLevel::kSpan &&
          (node.key == "name" || node.key == "kind" || node.key == "status")) ||
         (node.level == FilterLevel::kResource && node.key == "service") ||
         (node.level == FilterLevel::kScope && (node.key == "name" || node.key == "version"));
}

bool LooksAtSpan(FilterLevel level) {
  return level == FilterLevel::kAny || level == FilterLevel::kJaegerTag ||
         level == FilterLevel::kSpan;
}
bool LooksAtEvent(FilterLevel level) {
  return level == FilterLevel::kAny || level == FilterLevel::kJaegerTag ||
         level == FilterLevel::kEvent;
}
bool LooksAtResource(FilterLevel level) {
  return level == FilterLevel::kAny || level == FilterLevel::kJaegerTag ||
         level == FilterLevel::kResource;
}
bool LooksAtScope(FilterLevel level) {
  return level == FilterLevel::kAny || level == FilterLevel::kScope;
}
bool LooksAtLink(FilterLevel level) {
  return level == FilterLevel::kAny || level == FilterLevel::kLink;
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  // Only the one way that a number is written in.
  return std::to_string(value) == text ? std::optional(value) : std::nullopt;
}

class Planner {
 public:
  Planner(const Schema& schema, const DictionaryOf& dictionary_of)
      : schema_(schema), dictionary_of_(dictionary_of) {}

  Result<PlanNode> Plan(const FilterNode& node) {
    switch (node.op) {
      case FilterOp::kAnd:
      case FilterOp::kOr:
        return PlanChildren(node);
      case FilterOp::kNot:
      case FilterOp::kSome:
        return PlanNode();
      default:
        break;
    }
    if (node.is_field) {
      return IsFieldOfType(node) ? PlanByType(node) : Result<PlanNode>(PlanNode());
    }
    return PlanAttribute(node);
  }

 private:
  Result<PlanNode> PlanChildren(const FilterNode& node) {
    PlanNode plan;
    plan.kind = node.op == FilterOp::kAnd ? PlanNode::Kind::kAnd : PlanNode::Kind::kOr;
    plan.is_exact = true;
    for (const FilterNode& child : node.children) {
      Result<PlanNode> planned = Plan(child);
      if (!planned) {
        return planned;
      }
      const bool is_everything = planned->kind == PlanNode::Kind::kEverything;
      plan.is_exact &= planned->is_exact;
      if (is_everything && node.op == FilterOp::kOr) {
        return PlanNode();
      }
      if (!is_everything) {
        plan.children.push_back(std::move(*planned));
      }
    }
    if (plan.children.empty()) {
      plan.kind = PlanNode::Kind::kEverything;
    }
    return plan;
  }

  // Decides each type by a span that has nothing but what the type fixes.
  Result<PlanNode> PlanByType(const FilterNode& node) {
    const Result<FilterProgram> program = FilterProgram::Compile(node);
    if (!program) {
      return program.error();
    }
    PlanNode plan;
    plan.kind = PlanNode::Kind::kLeaf;
    plan.is_exact = true;
    plan.whole_types.assign(schema_.types.size(), 0);
    // The two derived tags whose values lie in the rows.
    const bool is_in_rows = node.key == "otel.status_description" || node.key == "w3c.tracestate";
    Arena arena(kScratchBytes);
    for (std::size_t i = 0; i < schema_.types.size(); ++i) {
      const SpanType& type = schema_.types[i];
      const OperationInfo& operation = schema_.operations[type.operation];
      Resource resource;
      resource.service_name = schema_.services[operation.service];
      Scope scope;
      Span span;
      span.name = operation.name;
      span.kind = type.kind;
      span.status = type.status;
      span.format = type.format;
      span.resource = &resource;
      bool is_unknown = false;
      if (type.scope != kNoScope) {
        ByteReader in(schema_.scopes[type.scope - 1]);
        DecodeScope(in, arena, scope);
        is_unknown = in.failed();
        span.scope = &scope;
      }
      const bool may_hide =
          is_unknown || (is_in_rows && (HasField(type, ColumnField::kStatusMessage) ||
                                        HasField(type, ColumnField::kTraceState)));
      plan.whole_types[i] = may_hide || program->Holds(span) ? 1 : 0;
      plan.is_exact &= !may_hide;
    }
    return plan;
  }

  [[nodiscard]] bool HasField(const SpanType& type, ColumnField field) const {
    const Shape& shape = schema_.shapes[type.shape];
    return std::any_of(
        shape.columns.begin() + shape.attribute_count, shape.columns.end(),
        [&](std::uint32_t column) { return schema_.columns[column].field == field; });
  }

  Result<PlanNode> PlanAttribute(const FilterNode& node) {
    PlanNode plan;
    plan.kind = PlanNode::Kind::kLeaf;
    plan.is_exact = node.op == FilterOp::kEq;
    plan.whole_types.assign(schema_.types.size(), 0);
    if (IsDerived(node.key)) {
      if (node.key == "event") {
        return PlanNode();
      }
      Result<PlanNode> by_type = PlanByType(node);
      if (!by_type) {
        return by_type;
      }
      plan = std::move(*by_type);
      // A derived tag may stand in place of an attribute of that name, where not all tags count.
      plan.is_exact &= node.op == FilterOp::kEq && node.level == FilterLevel::kJaegerTag &&
                       node.key != "@jaeger@format";
    }
    AddResources(node, plan);
    for (std::size_t i = 0; i < schema_.types.size(); ++i) {
      const SpanType& type = schema_.types[i];
      const bool may_hide =
          (LooksAtScope(node.level) && type.scope != kNoScope) ||
          (LooksAtLink(node.level) && HasField(type, ColumnField::kRest)) ||
          (LooksAtSpan(node.level) && HasField(type, ColumnField::kPackedAttributes));
      plan.whole_types[i] |= may_hide ? 1 : 0;
      plan.is_exact &= !may_hide;
    }
    for (std::uint32_t column = 0; column < schema_.columns.size(); ++column) {
      const ColumnInfo& info = schema_.columns[column];
      const bool is_seen =
          info.level == ColumnLevel::kSpan ? LooksAtSpan(node.level) : LooksAtEvent(node.level);
      const bool is_packed_event =
          info.level == ColumnLevel::kEvent && info.field == ColumnField::kPackedAttributes;
      if (is_seen && is_packed_event) {
        ColumnPredicate any;
        any.column = column;
        any.any_value = true;
        plan.is_exact = false;
        plan.columns.push_back(std::move(any));
      } else if (is_seen && info.field == ColumnField::kAttribute && info.key == node.key) {
        if (Status added = AddColumn(node, column, plan); !added) {
          return added.error();
        }
      }
    }
    return plan;
  }

  // A resource that has the attribute lets all rows of its service pass.
  void AddResources(const FilterNode& node, PlanNode& plan) const {
    if (!LooksAtResource(node.level)) {
      return;
    }
    std::vector<std::uint8_t> services(schema_.services.size());
    Arena arena(kScratchBytes);
    for (const ResourceInfo& info : schema_.resources) {
      // The key's bytes are in the encoding where the resource has it; a hit may be something else.
      if (services[info.service] != 0 || info.encoded.find(node.key) == std::string_view::npos) {
        continue;
      }
      Resource resource;
      ByteReader in(info.encoded);
      DecodeResource(in, arena, resource);
      const Attribute* const found = FindAttribute(resource.attributes, node.key);
      services[info.service] = found != nullptr || in.failed() ? 1 : 0;
    }
    for (std::size_t i = 0; i < schema_.types.size(); ++i) {
      const std::uint8_t has_it = services[schema_.ServiceOf(static_cast<std::uint32_t>(i))];
      plan.whole_types[i] |= has_it;
      plan.is_exact &= has_it == 0;
    }
  }

  Status AddColumn(const FilterNode& node, std::uint32_t column, PlanNode& plan) const {
    ColumnPredicate predicate;
    predicate.column = column;
    const ColumnInfo& info = schema_.columns[column];
    const bool is_scalar = IsNumber(info.type) || info.type == ValueType::kString;
    if (node.op != FilterOp::kEq || node.values.size() != 1 || !is_scalar) {
      predicate.any_value = true;
      plan.is_exact = false;
      plan.columns.push_back(std::move(predicate));
      return {};
    }
    const Result<DictionaryView> dictionary = dictionary_of_(column);
    if (!dictionary) {
      return dictionary.error();
    }
    predicate.plain = dictionary->has_plain;
    if (info.type == ValueType::kString) {
      MatchTexts(node, *dictionary, predicate);
    } else {
      MatchNumbers(node, info.type, *dictionary, predicate);
    }
    plan.is_exact &= !predicate.any_value &&
                     (!predicate.plain || predicate.text_is_known || predicate.bits_are_known);
    if (!predicate.ids.empty() || predicate.plain || predicate.any_value) {
      plan.columns.push_back(std::move(predicate));
    }
    return {};
  }

  static void MatchTexts(const FilterNode& node, const DictionaryView& dictionary,
                         ColumnPredicate& predicate) {
    const auto* const literal = std::get_if<std::string>(&node.values.front());
    if (literal == nullptr) {
      // A literal of another type equals no text; as_text turns it into one, which is rare.
      predicate.any_value = node.as_text;
      predicate.plain = node.as_text;
      return;
    }
    predicate.text = *literal;
    predicate.text_is_known = true;
    for (std::uint32_t id = 0; id < dictionary.texts.size(); ++id) {
      if (SameText(dictionary.texts[id], *literal)) {
        predicate.ids.push_back(id);
        break;  // each text is there once
      }
    }
  }

  static void MatchNumbers(const FilterNode& node, ValueType type, const DictionaryView& dictionary,
                           ColumnPredicate& predicate) {
    const auto* const text = std::get_if<std::string>(&node.values.front());
    if (type == ValueType::kInt && node.as_text && text != nullptr) {
      const std::optional<std::int64_t> wanted = ParseInteger(*text);
      if (!wanted) {
        predicate.plain = false;
        return;
      }
      predicate.bits = static_cast<std::uint64_t>(*wanted);
      predicate.bits_are_known = true;
      const auto found =
          std::find(dictionary.numbers.begin(), dictionary.numbers.end(), predicate.bits);
      if (found != dictionary.numbers.end()) {
        predicate.ids.push_back(static_cast<std::uint32_t>(found - dictionary.numbers.begin()));
      }
      return;
    }
    if (text == nullptr && node.as_text) {
      predicate.any_value = true;
      return;
    }
    for (std::uint32_t id = 0; id < dictionary.numbers.size(); ++id) {
      const Value value = ToValue(type, dictionary.numbers[id]);
      if (node.as_text ? EqualsJaegerText(value, *text)
                       : CompareTyped(value, node.values.front()) == 0) {
        predicate.ids.push_back(id);
      }
    }
  }

  static Value ToValue(ValueType type, std::uint64_t bits) {
    switch (type) {
      case ValueType::kBool:
        return Value::Bool(bits != 0);
      case ValueType::kDouble:
        return Value::Double(std::bit_cast<double>(bits));
      default:
        return Value::Int(static_cast<std::int64_t>(bits));
    }
  }

  const Schema& schema_;
  const DictionaryOf& dictionary_of_;
};

}  // namespace

bool ColumnPredicate::HasId(std::uint32_t id) const {
  return ids.size() == 1 ? ids.front() == id : std::binary_search(ids.begin(), ids.end(), id);
}

Result<QueryPlan> MakePlan(const TraceQuery& query, const std::string& tenant, const Schema& schema,
                           const DictionaryOf& dictionary_of) {
  QueryPlan plan;
  std::vector<std::uint8_t> operations(schema.operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const OperationInfo& operation = schema.operations[i];
    operations[i] =
        schema.tenants[operation.tenant] == tenant &&
                (!query.service || SameText(schema.services[operation.service], *query.service)) &&
                (!query.operation || SameText(operation.name, *query.operation))
            ? 1
            : 0;
  }
  plan.types.resize(schema.types.size());
  for (std::size_t i = 0; i < plan.types.size(); ++i) {
    plan.types[i] = operations[schema.types[i].operation];
    plan.has_types |= plan.types[i] != 0;
  }
  plan.needs_matcher = !query.filter.IsTrivial();
  if (plan.has_types && plan.needs_matcher) {
    Result<PlanNode> filter = Planner(schema, dictionary_of).Plan(query.filter);
    if (!filter) {
      return filter.error();
    }
    plan.filter = std::move(*filter);
    plan.needs_matcher = !plan.filter.is_exact;
  }
  return plan;
}

}  // namespace pugmark::engine
