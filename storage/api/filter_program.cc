#include "storage/api/filter_program.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/codec/jaeger_tags.h"
#include "storage/api/filter_field.h"
#include "storage/api/match.h"
#include "storage/api/value_compare.h"

namespace pugmark {

struct FilterProgram::Node {
  FilterOp op = FilterOp::kAnd;
  FilterLevel level = FilterLevel::kAny;
  bool as_text = false;
  std::optional<FilterField> field;
  std::string key;
  std::vector<FilterValue> values;  // texts only, where as_text
  std::unique_ptr<re2::RE2> regex;
  std::vector<Node> children;
};

namespace {

using Node = FilterProgram::Node;

// RE2 is linear in the text; this bounds what a pattern may cost to compile and to hold.
constexpr std::int64_t kRegexMemory = std::int64_t{1} << 20;

// Jaeger's word for "status is Error"; searches know it as an attribute of every span.
constexpr std::string_view kErrorKey = "error";
// The resource attribute that the model keeps apart.
constexpr std::string_view kServiceNameKey = "service.name";

// The span that a node is asked about, and the event or link that an enclosing kSome is at.
struct Context {
  const Span& span;
  const Event* event = nullptr;
  const Link* link = nullptr;
};

// --- values -------------------------------------------------------------------------------------
// Each calls use(value) for the values of a key until it returns true, and returns whether it did.

template <typename Use>
bool AnyAttribute(std::span<const Attribute> attributes, std::string_view key, const Use& use) {
  return std::any_of(attributes.begin(), attributes.end(), [&](const Attribute& attribute) {
    return attribute.key == key && use(attribute.value);
  });
}

template <typename Use>
bool AnyEvent(const Context& context, const Use& use) {
  return context.event != nullptr
             ? use(*context.event)
             : std::any_of(context.span.events.begin(), context.span.events.end(), use);
}

template <typename Use>
bool AnyLink(const Context& context, const Use& use) {
  return context.link != nullptr
             ? use(*context.link)
             : std::any_of(context.span.links.begin(), context.span.links.end(), use);
}

// What Jaeger shows as tags of the span, its process and its logs, whatever format it came in.
template <typename Use>
bool AnyJaegerTag(const Context& context, std::string_view key, const Use& use) {
  const Span& span = context.span;
  bool found = false;
  const auto use_tag = [&](std::string_view name, const Value& value) {
    found = found || (name == key && use(value));
  };
  ForEachLeadingTag(span, use_tag);
  ForEachTrailingTag(span, use_tag);
  if (found || AnyAttribute(span.attributes, key, use)) {
    return true;
  }
  if (span.resource != nullptr && AnyAttribute(span.resource->attributes, key, use)) {
    return true;
  }
  return AnyEvent(context, [&](const Event& event) {
    return AnyAttribute(event.attributes, key, use) ||
           (key == "event" && !event.name.empty() &&
            FindAttribute(event.attributes, "event") == nullptr && use(Value::String(event.name)));
  });
}

template <typename Use>
bool AnySpanAttribute(const Context& context, std::string_view key, const Use& use) {
  return key == kErrorKey ? use(Value::Bool(context.span.status == StatusCode::kError))
                          : AnyAttribute(context.span.attributes, key, use);
}

template <typename Use>
bool AnyResourceAttribute(const Context& context, std::string_view key, const Use& use) {
  const Resource* const resource = context.span.resource;
  if (resource == nullptr) {
    return false;
  }
  return AnyAttribute(resource->attributes, key, use) ||
         (key == kServiceNameKey && use(Value::String(resource->service_name)));
}

template <typename Use>
bool AnyScopeAttribute(const Context& context, std::string_view key, const Use& use) {
  return context.span.scope != nullptr && AnyAttribute(context.span.scope->attributes, key, use);
}

template <typename Use>
bool AnyAttributeAtLevel(const Node& node, const Context& context, const Use& use) {
  const auto of_event = [&](const Event& event) {
    return AnyAttribute(event.attributes, node.key, use);
  };
  const auto of_link = [&](const Link& link) {
    return AnyAttribute(link.attributes, node.key, use);
  };
  switch (node.level) {
    case FilterLevel::kJaegerTag:
      return AnyJaegerTag(context, node.key, use);
    case FilterLevel::kSpan:
      return AnySpanAttribute(context, node.key, use);
    case FilterLevel::kResource:
      return AnyResourceAttribute(context, node.key, use);
    case FilterLevel::kScope:
      return AnyScopeAttribute(context, node.key, use);
    case FilterLevel::kEvent:
      return AnyEvent(context, of_event);
    case FilterLevel::kLink:
      return AnyLink(context, of_link);
    case FilterLevel::kAny:
      break;
  }
  return AnySpanAttribute(context, node.key, use) || AnyResourceAttribute(context, node.key, use) ||
         AnyScopeAttribute(context, node.key, use) || AnyEvent(context, of_event) ||
         AnyLink(context, of_link);
}

template <typename Use>
bool AnyField(const Node& node, const Context& context, const Use& use) {
  const auto use_if_there = [&use](const Value& value) {
    return value.type() != ValueType::kEmpty && use(value);
  };
  IdText buffer;
  switch (node.level) {
    case FilterLevel::kEvent:
      return AnyEvent(context, [&](const Event& event) {
        return use_if_there(EventFieldValue(*node.field, context.span, event));
      });
    case FilterLevel::kLink:
      return AnyLink(context, [&](const Link& link) {
        return use_if_there(LinkFieldValue(*node.field, link, buffer));
      });
    default:
      return use_if_there(SpanFieldValue(*node.field, context.span, buffer));
  }
}

template <typename Use>
bool AnyValue(const Node& node, const Context& context, const Use& use) {
  return node.field ? AnyField(node, context, use) : AnyAttributeAtLevel(node, context, use);
}

// --- evaluation ---------------------------------------------------------------------------------

std::partial_ordering Compare(const Node& node, const Value& value, const FilterValue& literal) {
  return node.as_text ? CompareUntyped(value, std::get<std::string>(literal))
                      : CompareTyped(value, literal);
}

bool EqualsAnyLiteral(const Node& node, const Value& value) {
  return std::any_of(node.values.begin(), node.values.end(), [&](const FilterValue& literal) {
    return node.as_text ? EqualsJaegerText(value, std::get<std::string>(literal))
                        : std::is_eq(CompareTyped(value, literal));
  });
}

bool Satisfies(const Node& node, const Value& value) {
  switch (node.op) {
    case FilterOp::kEq:
    case FilterOp::kIn:
      return EqualsAnyLiteral(node, value);
    case FilterOp::kGt:
      return std::is_gt(Compare(node, value, node.values.front()));
    case FilterOp::kLt:
      return std::is_lt(Compare(node, value, node.values.front()));
    case FilterOp::kGte:
      return std::is_gteq(Compare(node, value, node.values.front()));
    case FilterOp::kLte:
      return std::is_lteq(Compare(node, value, node.values.front()));
    case FilterOp::kRegex:
      return value.type() == ValueType::kString &&
             re2::RE2::PartialMatch({value.text().data(), value.text().size()}, *node.regex);
    default:  // kExists
      return true;
  }
}

bool IsThereAndNeverEqual(const Node& node, const Context& context) {
  bool is_there = false;
  const bool equals = AnyValue(node, context, [&](const Value& value) {
    is_there = true;
    return EqualsAnyLiteral(node, value);
  });
  return is_there && !equals;
}

bool Holds(const Node& node, const Context& context);

bool AllChildrenHold(const Node& node, const Context& context) {
  return std::all_of(node.children.begin(), node.children.end(),
                     [&](const Node& child) { return Holds(child, context); });
}

bool SomeElementHolds(const Node& node, const Context& context) {
  const Span& span = context.span;
  if (node.level == FilterLevel::kEvent) {
    return std::any_of(span.events.begin(), span.events.end(), [&](const Event& event) {
      return AllChildrenHold(node, {span, &event, context.link});
    });
  }
  return std::any_of(span.links.begin(), span.links.end(), [&](const Link& link) {
    return AllChildrenHold(node, {span, context.event, &link});
  });
}

bool Holds(const Node& node, const Context& context) {
  switch (node.op) {
    case FilterOp::kAnd:
      return AllChildrenHold(node, context);
    case FilterOp::kOr:
      return std::any_of(node.children.begin(), node.children.end(),
                         [&](const Node& child) { return Holds(child, context); });
    case FilterOp::kNot:
      return !Holds(node.children.front(), context);
    case FilterOp::kSome:
      return SomeElementHolds(node, context);
    case FilterOp::kNe:
    case FilterOp::kNotIn:
      return IsThereAndNeverEqual(node, context);
    default:
      return AnyValue(node, context, [&](const Value& value) { return Satisfies(node, value); });
  }
}

// --- compilation --------------------------------------------------------------------------------

Status CheckChildren(const FilterNode& node) {
  const std::size_t count = node.children.size();
  switch (node.op) {
    case FilterOp::kAnd:
      return {};
    case FilterOp::kNot:
      return count == 1
                 ? Status{}
                 : InvalidArgument("filter: not: want one operand, got " + std::to_string(count));
    case FilterOp::kSome:
      if (node.level != FilterLevel::kEvent && node.level != FilterLevel::kLink) {
        return InvalidArgument("filter: some: want the level event or link");
      }
      [[fallthrough]];
    default:
      return count != 0 ? Status{} : InvalidArgument("filter: an operator without operands");
  }
}

Status CheckValues(const FilterNode& node) {
  const std::size_t count = node.values.size();
  switch (node.op) {
    case FilterOp::kExists:
      return {};
    case FilterOp::kIn:
    case FilterOp::kNotIn:
      return count != 0 ? Status{} : InvalidArgument("filter: in, not_in: want at least one value");
    default:
      return count == 1 ? Status{}
                        : InvalidArgument("filter: a comparison: want one value, got " +
                                          std::to_string(count));
  }
}

struct LiteralAsText {
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(bool value) const { return ValueAsJaegerText(Value::Bool(value)); }
  std::string operator()(std::int64_t value) const { return ValueAsJaegerText(Value::Int(value)); }
  std::string operator()(double value) const { return ValueAsJaegerText(Value::Double(value)); }
};

Status CompileRegex(const FilterValue& pattern, Node& node) {
  const auto* const text = std::get_if<std::string>(&pattern);
  if (text == nullptr) {
    return InvalidArgument("filter: regex: want a text");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  node.regex = std::make_unique<re2::RE2>(*text, options);
  if (!node.regex->ok()) {
    return InvalidArgument("filter: regex: " + node.regex->error());
  }
  return {};
}

Status CompileLiterals(const FilterNode& source, Node& node) {
  if (node.op == FilterOp::kRegex) {
    return CompileRegex(source.values.front(), node);
  }
  if (node.op == FilterOp::kExists) {
    return {};
  }
  node.values.reserve(source.values.size());
  for (const FilterValue& literal : source.values) {
    if (node.field) {
      Result<FilterValue> normal = NormalizeFieldLiteral(*node.field, node.op, literal);
      if (!normal) {
        return std::move(normal).Wrap("filter");
      }
      node.values.push_back(*std::move(normal));
    } else if (node.as_text) {
      node.values.emplace_back(std::visit(LiteralAsText(), literal));
    } else {
      node.values.push_back(literal);
    }
  }
  return {};
}

bool IsLeaf(FilterOp op) {
  return op != FilterOp::kAnd && op != FilterOp::kOr && op != FilterOp::kNot &&
         op != FilterOp::kSome;
}

Status CompileLeaf(const FilterNode& source, Node& node) {
  if (Status fits = CheckValues(source); !fits) {
    return fits;
  }
  if (source.is_field) {
    Result<FilterField> field = FindFilterField(source.level, source.key);
    if (!field) {
      return field.error();
    }
    node.field = *field;
  } else {
    node.key = source.key;
    node.as_text = source.as_text;
  }
  return CompileLiterals(source, node);
}

Status CompileNode(const FilterNode& source, int depth, Node& node) {
  if (depth > kMaxFilterDepth) {
    return InvalidArgument("filter: nested more than " + std::to_string(kMaxFilterDepth) +
                           " levels deep");
  }
  node.op = source.op;
  node.level = source.level;
  if (IsLeaf(source.op)) {
    return CompileLeaf(source, node);
  }
  if (Status fits = CheckChildren(source); !fits) {
    return fits;
  }
  node.children.resize(source.children.size());
  for (std::size_t i = 0; i < source.children.size(); ++i) {
    if (Status compiled = CompileNode(source.children[i], depth + 1, node.children[i]); !compiled) {
      return compiled;
    }
  }
  return {};
}

}  // namespace

FilterProgram::FilterProgram(std::unique_ptr<const Node> root) : root_(std::move(root)) {}
FilterProgram::FilterProgram(FilterProgram&&) noexcept = default;
FilterProgram& FilterProgram::operator=(FilterProgram&&) noexcept = default;
FilterProgram::~FilterProgram() = default;

Result<FilterProgram> FilterProgram::Compile(const FilterNode& filter) {
  auto root = std::make_unique<Node>();
  if (Status compiled = CompileNode(filter, 1, *root); !compiled) {
    return std::move(compiled.error());
  }
  return FilterProgram(std::move(root));
}

bool FilterProgram::Holds(const Span& span) const { return pugmark::Holds(*root_, {span}); }

}  // namespace pugmark
