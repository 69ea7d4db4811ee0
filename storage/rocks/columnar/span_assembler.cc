#include "storage/rocks/columnar/span_assembler.h"

namespace pugmark::engine {

Value SpanAssembler::ToValue(ValueType type, const ColumnValue& value) {
  switch (type) {
    case ValueType::kString:
      return Value::String(arena_.CopyText(value.text));
    case ValueType::kBytes:
      return Value::Bytes(arena_.CopyText(value.text));
    case ValueType::kBool:
      return Value::Bool(value.bits != 0);
    case ValueType::kInt:
      return Value::Int(static_cast<std::int64_t>(value.bits));
    case ValueType::kDouble:
      return Value::Double(std::bit_cast<double>(value.bits));
    case ValueType::kEmpty:
    case ValueType::kArray:
    case ValueType::kMap:
      break;
  }
  ByteReader in(value.text);
  const Value decoded = DecodeValue(in, arena_);
  failed_ |= !in.Complete();
  return decoded;
}

void SpanAssembler::SetAttribute(Attribute& attribute, std::uint32_t column,
                                 const ColumnValue& value) {
  attribute.key = KeyOf(column);
  attribute.value = ToValue(schema_.columns[column].type, value);
}

std::span<Attribute> SpanAssembler::Unpack(std::string_view encoded) {
  ByteReader in(encoded);
  const std::span<Attribute> attributes = DecodeAttributes(in, arena_);
  failed_ |= !in.Complete();
  return attributes;
}

bool SpanAssembler::SetField(Span& span, std::uint32_t column, const ColumnValue& value) {
  switch (schema_.columns[column].field) {
    case ColumnField::kStatusMessage:
      span.status_message = arena_.CopyText(value.text);
      return true;
    case ColumnField::kTraceState:
      span.trace_state = arena_.CopyText(value.text);
      return true;
    case ColumnField::kFlags:
      span.flags = static_cast<std::uint32_t>(value.bits);
      return true;
    case ColumnField::kRest: {
      ByteReader in(value.text);
      DecodeRest(in, arena_, span);
      return in.Complete();
    }
    case ColumnField::kPackedAttributes:
      span.attributes = Unpack(value.text);
      return true;
    case ColumnField::kAttribute:
    case ColumnField::kDroppedAttributes:
      break;
  }
  return false;  // a shape that no writer makes
}

void SpanAssembler::SetEventField(Event& event, std::uint32_t column, const ColumnValue& value) {
  switch (schema_.columns[column].field) {
    case ColumnField::kPackedAttributes:
      event.attributes = Unpack(value.text);
      break;
    case ColumnField::kDroppedAttributes:
      event.dropped_attributes = static_cast<std::uint32_t>(value.bits);
      break;
    default:
      failed_ = true;
  }
}

std::string_view SpanAssembler::KeyOf(std::uint32_t column) {
  if (keys_.size() < schema_.columns.size()) {
    keys_.resize(schema_.columns.size());
  }
  std::string_view& key = keys_[column];
  if (key.data() == nullptr) {
    key = arena_.CopyText(schema_.columns[column].key);
  }
  return key;
}

std::string_view SpanAssembler::OperationName(std::uint32_t operation, std::string_view name) {
  const auto [at, is_new] = names_.try_emplace(operation);
  if (is_new) {
    at->second = arena_.CopyText(name);
  }
  return at->second;
}

Resource* SpanAssembler::ResourceOf(std::uint32_t resource) {
  Resource*& decoded = resources_[resource];
  if (decoded == nullptr) {
    decoded = arena_.Allocate<Resource>(1);
    if (decoded == nullptr) {
      return nullptr;
    }
    *decoded = Resource{};
    ByteReader in(schema_.resources[resource].encoded);
    DecodeResource(in, arena_, *decoded);
    failed_ |= !in.Complete();
  }
  return decoded;
}

const Scope* SpanAssembler::ScopeOf(std::uint32_t scope) {
  const Scope*& known = scopes_[scope];
  if (known == nullptr) {
    auto* const decoded = arena_.Allocate<Scope>(1);
    if (decoded == nullptr) {
      return nullptr;
    }
    *decoded = Scope{};
    ByteReader in(schema_.scopes[scope]);
    DecodeScope(in, arena_, *decoded);
    failed_ |= !in.Complete();
    known = decoded;
  }
  return known;
}

}  // namespace pugmark::engine
