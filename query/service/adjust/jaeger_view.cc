#include "query/service/adjust/jaeger_view.h"

#include <algorithm>
#include <cstddef>

#include "proto/codec/jaeger_tags.h"

namespace pugmark {
namespace {

// Places of the types in Jaeger's order; arrays and maps are shown as strings.
int TypeRank(ValueType type) {
  switch (type) {
    case ValueType::kBool:
      return 1;
    case ValueType::kInt:
      return 2;
    case ValueType::kDouble:
      return 3;
    case ValueType::kBytes:
      return 4;
    default:
      return 0;
  }
}

bool ValueBefore(const Value& a, const Value& b) {
  if (const int rank = TypeRank(a.type()), other = TypeRank(b.type()); rank != other) {
    return rank < other;
  }
  switch (a.type()) {
    case ValueType::kBool:
    case ValueType::kInt:
      return a.integer() < b.integer();
    case ValueType::kDouble:
      return a.real() < b.real();
    default:
      return a.text() < b.text();
  }
}

Error ArenaFull() {
  return {ErrorCode::kResourceExhausted, "the trace needs more memory than a request may hold"};
}

// Adds the tags that exist only in fields of the model. The encoders add the same.
Status AddDerivedTags(Span& span, Arena& arena) {
  std::size_t more = 0;
  const auto count = [&more](std::string_view, const Value&) { ++more; };
  ForEachLeadingTag(span, count);
  ForEachTrailingTag(span, count);
  if (more > 0) {
    const std::size_t size = span.attributes.size() + more;
    auto* const tags = arena.Allocate<Attribute>(size);
    if (tags == nullptr) {
      return ArenaFull();
    }
    Attribute* next = tags;
    const auto add = [&next](std::string_view key, const Value& value) {
      *next++ = Attribute{key, value};
    };
    ForEachLeadingTag(span, add);
    next = std::copy(span.attributes.begin(), span.attributes.end(), next);
    ForEachTrailingTag(span, add);
    span.attributes = {tags, size};
  }
  // They are attributes now: no encoder is to derive them again.
  span.format = SourceFormat::kUnknown;
  return {};
}

Status AddParentReference(Span& span, Arena& arena) {
  for (Link& link : span.links) {
    if (link.ref_type == RefType::kLink) {
      link.ref_type = RefType::kFollowsFrom;
    }
  }
  if (span.parent_span_id == 0 || ParentReference(span) != nullptr) {
    return {};
  }
  auto* const links = arena.Allocate<Link>(span.links.size() + 1);
  if (links == nullptr) {
    return ArenaFull();
  }
  links[0] = Link();
  links[0].trace_id = span.trace_id;
  links[0].span_id = span.parent_span_id;
  links[0].ref_type = RefType::kChildOf;
  std::copy(span.links.begin(), span.links.end(), links + 1);
  span.links = {links, span.links.size() + 1};
  return {};
}

// The event's name as the field `event`, where it has none.
Status AddEventField(Event& event, Arena& arena) {
  if (event.name.empty()) {
    return {};
  }
  if (FindAttribute(event.attributes, "event") == nullptr) {
    const std::size_t size = event.attributes.size() + 1;
    auto* const fields = arena.Allocate<Attribute>(size);
    if (fields == nullptr) {
      return ArenaFull();
    }
    fields[0] = {"event", Value::String(event.name)};
    std::copy(event.attributes.begin(), event.attributes.end(), fields + 1);
    event.attributes = {fields, size};
  }
  event.name = {};
  return {};
}

void SortLogFields(std::span<Attribute> fields) {
  const auto event = std::find_if(fields.begin(), fields.end(), [](const Attribute& field) {
    return field.key == "event" && field.value.type() == ValueType::kString;
  });
  if (event == fields.end()) {
    SortAttributes(fields);
    return;
  }
  std::iter_swap(fields.begin(), event);
  SortAttributes(fields.subspan(1));
}

}  // namespace

void SortAttributes(std::span<Attribute> attributes) {
  const auto before = [](const Attribute& a, const Attribute& b) {
    const int keys = a.key.compare(b.key);
    return keys != 0 ? keys < 0 : ValueBefore(a.value, b.value);
  };
  if (!std::is_sorted(attributes.begin(), attributes.end(), before)) {
    std::stable_sort(attributes.begin(), attributes.end(), before);
  }
}

Status ToJaegerView(Span& span, Arena& arena) {
  if (Status added = AddDerivedTags(span, arena); !added.ok()) {
    return added;
  }
  SortAttributes(span.attributes);
  if (Status added = AddParentReference(span, arena); !added.ok()) {
    return added;
  }
  for (Event& event : span.events) {
    if (Status added = AddEventField(event, arena); !added.ok()) {
      return added;
    }
    SortLogFields(event.attributes);
  }
  return {};
}

}  // namespace pugmark
