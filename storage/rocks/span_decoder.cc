#include "storage/rocks/span_decoder.h"

#include <string>

#include "storage/rocks/byte_cursor.h"

namespace pugmark::rocks {
namespace {

// What an item of a list takes at least, so that a count is checked against the bytes left.
constexpr std::size_t kLeastAttributeBytes = 2;  // empty key, type
constexpr std::size_t kLeastValueBytes = 1;      // type
constexpr std::size_t kLeastEventBytes = 8 + 3;  // time, empty name, no attributes
constexpr std::size_t kLeastLinkBytes = 16 + 8 + 1 + 4;
constexpr std::size_t kLeastWarningBytes = 1;

// An arena that is full shows as a failed cursor too; the caller asks which it was.
template <typename T>
std::span<T> MakeList(ByteCursor& cursor, Arena& arena, std::size_t least_bytes) {
  const std::size_t count = cursor.Count(least_bytes);
  if (count == 0) {
    return {};
  }
  T* const items = arena.Allocate<T>(count);
  if (items == nullptr) {
    cursor.Fail();
    return {};
  }
  return {items, count};
}

std::span<Attribute> GetAttributes(ByteCursor& cursor, Arena& arena, int depth);

Value GetValue(ByteCursor& cursor, Arena& arena, int depth) {
  if (depth > kMaxValueDepth + 1) {
    cursor.Fail();
    return {};
  }
  switch (static_cast<ValueType>(cursor.Byte())) {
    case ValueType::kEmpty:
      return {};
    case ValueType::kString:
      return Value::String(cursor.Text());
    case ValueType::kBytes:
      return Value::Bytes(cursor.Text());
    case ValueType::kBool:
      return Value::Bool(cursor.Byte() != 0);
    case ValueType::kInt:
      return Value::Int(cursor.Fixed<std::int64_t>());
    case ValueType::kDouble:
      return Value::Double(cursor.Fixed<double>());
    case ValueType::kArray: {
      const std::span<Value> elements = MakeList<Value>(cursor, arena, kLeastValueBytes);
      for (Value& element : elements) {
        element = GetValue(cursor, arena, depth + 1);
      }
      return Value::Array(elements);
    }
    case ValueType::kMap:
      return Value::Map(GetAttributes(cursor, arena, depth + 1));
  }
  cursor.Fail();
  return {};
}

std::span<Attribute> GetAttributes(ByteCursor& cursor, Arena& arena, int depth) {
  const std::span<Attribute> attributes = MakeList<Attribute>(cursor, arena, kLeastAttributeBytes);
  for (Attribute& attribute : attributes) {
    attribute.key = cursor.Text();
    attribute.value = GetValue(cursor, arena, depth);
  }
  return attributes;
}

std::span<Event> GetEvents(ByteCursor& cursor, Arena& arena) {
  const std::span<Event> events = MakeList<Event>(cursor, arena, kLeastEventBytes);
  for (Event& event : events) {
    event.time = UnixTime(Nanoseconds(cursor.Fixed<std::int64_t>()));
    event.name = cursor.Text();
    event.dropped_attributes = cursor.Varint32();
    event.attributes = GetAttributes(cursor, arena, 0);
  }
  return events;
}

std::span<Link> GetLinks(ByteCursor& cursor, Arena& arena) {
  const std::span<Link> links = MakeList<Link>(cursor, arena, kLeastLinkBytes);
  for (Link& link : links) {
    const std::string_view id = cursor.Raw(16);
    link.trace_id = id.size() == 16 ? TraceId::FromBigEndian(id) : TraceId{};
    link.span_id = cursor.Fixed<SpanId>();
    const std::uint8_t type = cursor.Byte();
    link.ref_type = type <= static_cast<std::uint8_t>(RefType::kFollowsFrom)
                        ? static_cast<RefType>(type)
                        : RefType::kLink;
    link.flags = cursor.Varint32();
    link.dropped_attributes = cursor.Varint32();
    link.trace_state = cursor.Text();
    link.attributes = GetAttributes(cursor, arena, 0);
  }
  return links;
}

// The part behind the fixed fields.
void GetRest(ByteCursor& cursor, Arena& arena, Span& span) {
  span.flags = cursor.Varint32();
  span.dropped_attributes = cursor.Varint32();
  span.dropped_events = cursor.Varint32();
  span.dropped_links = cursor.Varint32();
  span.name = cursor.Text();
  span.trace_state = cursor.Text();
  span.status_message = cursor.Text();
  span.attributes = GetAttributes(cursor, arena, 0);
  span.events = GetEvents(cursor, arena);
  span.links = GetLinks(cursor, arena);
  span.warnings = MakeList<std::string_view>(cursor, arena, kLeastWarningBytes);
  for (std::string_view& warning : span.warnings) {
    warning = cursor.Text();
  }
}

}  // namespace

SpanDecoder::SpanDecoder(const Block& block, Arena& arena, Texts texts)
    : block_(block),
      arena_(arena),
      texts_(texts),
      resources_(block.resource_count()),
      scopes_(block.scope_count()) {}

Status SpanDecoder::Decode(const SpanRecord& record, Span& span) {
  span = Span{};
  span.trace_id = record.trace_id();
  span.span_id = record.span_id();
  span.parent_span_id = record.parent_span_id();
  span.start_time = record.start_time();
  span.duration = record.duration();
  span.kind = record.kind();
  span.status = record.status();
  span.format = record.format();
  if (record.resource() != 0 && (span.resource = ResourceAt(record.resource() - 1)) == nullptr) {
    return Fault("resource");
  }
  if (record.scope() != 0 && (span.scope = ScopeAt(record.scope() - 1)) == nullptr) {
    return Fault("scope");
  }
  const std::string_view rest = Place(record.bytes().substr(kSpanRestAt));
  ByteCursor cursor(rest);
  GetRest(cursor, arena_, span);
  return cursor.ok() && cursor.left() == 0 ? Status() : Fault("span");
}

std::string_view SpanDecoder::Place(std::string_view record) {
  return texts_ == Texts::kInBlock ? record : arena_.CopyText(record);
}

Resource* SpanDecoder::ResourceAt(std::uint32_t index) {
  if (resources_[index] != nullptr) {
    return resources_[index];
  }
  auto* const resource = arena_.Allocate<Resource>(1);
  if (resource == nullptr) {
    return nullptr;
  }
  ByteCursor cursor(Place(block_.resource(index).substr(sizeof(std::uint32_t))));
  *resource = Resource{};
  resource->has_service_name = cursor.Byte() != 0;
  resource->service_name = cursor.Text();
  resource->schema_url = cursor.Text();
  resource->dropped_attributes = cursor.Varint32();
  resource->attributes = GetAttributes(cursor, arena_, 0);
  if (!cursor.ok() || cursor.left() != 0) {
    return nullptr;
  }
  return resources_[index] = resource;
}

const Scope* SpanDecoder::ScopeAt(std::uint32_t index) {
  if (scopes_[index] != nullptr) {
    return scopes_[index];
  }
  auto* const scope = arena_.Allocate<Scope>(1);
  if (scope == nullptr) {
    return nullptr;
  }
  ByteCursor cursor(Place(block_.scope(index).substr(sizeof(std::uint32_t))));
  *scope = Scope{};
  scope->name = cursor.Text();
  scope->version = cursor.Text();
  scope->schema_url = cursor.Text();
  scope->dropped_attributes = cursor.Varint32();
  scope->attributes = GetAttributes(cursor, arena_, 0);
  if (!cursor.ok() || cursor.left() != 0) {
    return nullptr;
  }
  return scopes_[index] = scope;
}

Status SpanDecoder::OutOfRoom(const Arena& arena) {
  return Error{ErrorCode::kResourceExhausted, "the read needs more than the " +
                                                  std::to_string(arena.limit_bytes()) +
                                                  " bytes allowed for it"};
}

Status SpanDecoder::Fault(std::string_view what) const {
  return arena_.exhausted()
             ? OutOfRoom(arena_)
             : Error{ErrorCode::kDataLoss, "block: damaged " + std::string(what) + " record"};
}

}  // namespace pugmark::rocks
