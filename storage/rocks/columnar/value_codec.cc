#include "storage/rocks/columnar/value_codec.h"

#include <bit>
#include <type_traits>

namespace pugmark::engine {
namespace {

// Decoders of the wire formats stop at 64 levels.
constexpr unsigned kDeepestValue = 100;

enum LinkFlag : std::uint8_t { kOwnTrace = 1, kNamesParent = 2, kHasMore = 4 };

void EncodeNestedAttributes(ByteWriter& out, std::span<const Attribute> attributes, unsigned depth);

void EncodeNested(ByteWriter& out, const Value& value, unsigned depth) {
  if (depth > kDeepestValue) {
    out.Byte(static_cast<std::uint8_t>(ValueType::kEmpty));
    return;
  }
  out.Byte(static_cast<std::uint8_t>(value.type()));
  switch (value.type()) {
    case ValueType::kEmpty:
      break;
    case ValueType::kString:
    case ValueType::kBytes:
      out.Text(value.text());
      break;
    case ValueType::kBool:
      out.Byte(value.boolean() ? 1 : 0);
      break;
    case ValueType::kInt:
      out.Varint(ZigZag(value.integer()));
      break;
    case ValueType::kDouble:
      out.Fixed(value.real());
      break;
    case ValueType::kArray:
      out.Varint(value.elements().size());
      for (const Value& element : value.elements()) {
        EncodeNested(out, element, depth + 1);
      }
      break;
    case ValueType::kMap:
      EncodeNestedAttributes(out, value.entries(), depth + 1);
      break;
  }
}

void EncodeNestedAttributes(ByteWriter& out, std::span<const Attribute> attributes,
                            unsigned depth) {
  out.Varint(attributes.size());
  for (const Attribute& attribute : attributes) {
    out.Text(attribute.key);
    EncodeNested(out, attribute.value, depth);
  }
}

std::string_view DecodeText(ByteReader& in, Arena& arena) {
  const std::string_view text = in.Text();
  const std::string_view copy = arena.CopyText(text);
  if (copy.size() != text.size()) {
    in.Fail();
  }
  return copy;
}

// A list whose length was read from the bytes: each item takes at least `least_bytes` of them.
template <typename T>
std::span<T> AllocateList(ByteReader& in, Arena& arena, std::size_t least_bytes) {
  const std::uint64_t count = in.VarintUpTo(in.left() / least_bytes);
  if (count == 0) {
    return {};
  }
  T* const items = arena.Allocate<T>(static_cast<std::size_t>(count));
  if (items == nullptr) {
    in.Fail();
    return {};
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    items[i] = T{};
  }
  return {items, static_cast<std::size_t>(count)};
}

std::span<Attribute> DecodeNestedAttributes(ByteReader& in, Arena& arena, unsigned depth);

Value DecodeNested(ByteReader& in, Arena& arena, unsigned depth) {
  if (depth > kDeepestValue) {
    in.Fail();
    return {};
  }
  switch (static_cast<ValueType>(in.Byte())) {
    case ValueType::kEmpty:
      return {};
    case ValueType::kString:
      return Value::String(DecodeText(in, arena));
    case ValueType::kBytes:
      return Value::Bytes(DecodeText(in, arena));
    case ValueType::kBool:
      return Value::Bool(in.Byte() != 0);
    case ValueType::kInt:
      return Value::Int(UnZigZag(in.Varint()));
    case ValueType::kDouble:
      return Value::Double(in.Fixed<double>());
    case ValueType::kArray: {
      const std::span<Value> elements = AllocateList<Value>(in, arena, 1);
      for (Value& element : elements) {
        element = DecodeNested(in, arena, depth + 1);
      }
      return Value::Array(elements);
    }
    case ValueType::kMap:
      return Value::Map(DecodeNestedAttributes(in, arena, depth + 1));
  }
  in.Fail();
  return {};
}

std::span<Attribute> DecodeNestedAttributes(ByteReader& in, Arena& arena, unsigned depth) {
  const std::span<Attribute> attributes = AllocateList<Attribute>(in, arena, 2);
  for (Attribute& attribute : attributes) {
    attribute.key = DecodeText(in, arena);
    attribute.value = DecodeNested(in, arena, depth);
  }
  return attributes;
}

std::uint32_t DecodeCount32(ByteReader& in) {
  return static_cast<std::uint32_t>(in.VarintUpTo(0xffffffffU));
}

void EncodeLink(ByteWriter& out, const Link& link, const Span& span) {
  const bool has_more = !link.trace_state.empty() || link.flags != 0 ||
                        link.dropped_attributes != 0 || !link.attributes.empty();
  const auto flags = static_cast<std::uint8_t>(
      (link.trace_id == span.trace_id ? kOwnTrace : 0) |
      (link.span_id == span.parent_span_id ? kNamesParent : 0) | (has_more ? kHasMore : 0));
  out.Byte(flags);
  out.Byte(static_cast<std::uint8_t>(link.ref_type));
  if ((flags & kOwnTrace) == 0) {
    out.Fixed(link.trace_id.high);
    out.Fixed(link.trace_id.low);
  }
  if ((flags & kNamesParent) == 0) {
    out.Fixed(link.span_id);
  }
  if ((flags & kHasMore) != 0) {
    out.Text(link.trace_state);
    out.Varint(link.flags);
    out.Varint(link.dropped_attributes);
    EncodeAttributes(out, link.attributes);
  }
}

void DecodeLink(ByteReader& in, Arena& arena, const Span& span, Link& link) {
  const std::uint8_t flags = in.Byte();
  const std::uint8_t ref_type = in.Byte();
  if (ref_type > static_cast<std::uint8_t>(RefType::kFollowsFrom)) {
    in.Fail();
    return;
  }
  link.ref_type = static_cast<RefType>(ref_type);
  link.trace_id = span.trace_id;
  if ((flags & kOwnTrace) == 0) {
    link.trace_id.high = in.Fixed<std::uint64_t>();
    link.trace_id.low = in.Fixed<std::uint64_t>();
  }
  link.span_id = (flags & kNamesParent) == 0 ? in.Fixed<SpanId>() : span.parent_span_id;
  if ((flags & kHasMore) != 0) {
    link.trace_state = DecodeText(in, arena);
    link.flags = DecodeCount32(in);
    link.dropped_attributes = DecodeCount32(in);
    link.attributes = DecodeAttributes(in, arena);
  }
}

}  // namespace

void EncodeValue(ByteWriter& out, const Value& value) { EncodeNested(out, value, 0); }

void EncodeAttributes(ByteWriter& out, std::span<const Attribute> attributes) {
  EncodeNestedAttributes(out, attributes, 0);
}

void EncodeResource(ByteWriter& out, const Resource& resource) {
  out.Byte(resource.has_service_name ? 1 : 0);
  out.Text(resource.service_name);
  out.Text(resource.schema_url);
  out.Varint(resource.dropped_attributes);
  EncodeAttributes(out, resource.attributes);
}

void EncodeScope(ByteWriter& out, const Scope& scope) {
  out.Text(scope.name);
  out.Text(scope.version);
  out.Text(scope.schema_url);
  out.Varint(scope.dropped_attributes);
  EncodeAttributes(out, scope.attributes);
}

bool HasRest(const Span& span) {
  return !span.links.empty() || !span.warnings.empty() ||
         (span.dropped_attributes | span.dropped_events | span.dropped_links) != 0;
}

void EncodeRest(ByteWriter& out, const Span& span) {
  out.Varint(span.dropped_attributes);
  out.Varint(span.dropped_events);
  out.Varint(span.dropped_links);
  out.Varint(span.links.size());
  for (const Link& link : span.links) {
    EncodeLink(out, link, span);
  }
  out.Varint(span.warnings.size());
  for (const std::string_view warning : span.warnings) {
    out.Text(warning);
  }
}

Value DecodeValue(ByteReader& in, Arena& arena) { return DecodeNested(in, arena, 0); }

std::span<Attribute> DecodeAttributes(ByteReader& in, Arena& arena) {
  return DecodeNestedAttributes(in, arena, 0);
}

void DecodeResource(ByteReader& in, Arena& arena, Resource& resource) {
  resource.has_service_name = in.Byte() != 0;
  resource.service_name = DecodeText(in, arena);
  resource.schema_url = DecodeText(in, arena);
  resource.dropped_attributes = DecodeCount32(in);
  resource.attributes = DecodeAttributes(in, arena);
}

void DecodeScope(ByteReader& in, Arena& arena, Scope& scope) {
  scope.name = DecodeText(in, arena);
  scope.version = DecodeText(in, arena);
  scope.schema_url = DecodeText(in, arena);
  scope.dropped_attributes = DecodeCount32(in);
  scope.attributes = DecodeAttributes(in, arena);
}

void DecodeRest(ByteReader& in, Arena& arena, Span& span) {
  span.dropped_attributes = DecodeCount32(in);
  span.dropped_events = DecodeCount32(in);
  span.dropped_links = DecodeCount32(in);
  span.links = AllocateList<Link>(in, arena, 2);
  for (Link& link : span.links) {
    DecodeLink(in, arena, span, link);
  }
  span.warnings = AllocateList<std::string_view>(in, arena, 1);
  for (std::string_view& warning : span.warnings) {
    warning = DecodeText(in, arena);
  }
}

std::string_view ResourceServiceName(ByteReader in) {
  (void)in.Byte();
  return in.Text();
}

}  // namespace pugmark::engine
