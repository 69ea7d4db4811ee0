#include "proto/codec/invalid_text.h"

#include <algorithm>
#include <string>

#include "common/base/utf8.h"
#include "proto/codec/json_text.h"
#include "proto/codec/text_limits.h"

namespace pugmark {
namespace {

bool HasValidText(const Value& value) {
  switch (value.type()) {
    case ValueType::kString:
      return IsValidUtf8(value.text());
    case ValueType::kArray:
      return std::all_of(value.elements().begin(), value.elements().end(),
                         [](const Value& element) { return HasValidText(element); });
    case ValueType::kMap:
      return std::all_of(value.entries().begin(), value.entries().end(),
                         [](const Attribute& entry) { return pugmark::HasValidText(entry); });
    default:
      return true;
  }
}

std::string_view Repaired(SpanBatch& batch, std::string_view text) {
  return IsValidUtf8(text) ? text : RepairText(batch, text);
}

Value Replaced(SpanBatch& batch, const Value& value) {
  switch (value.type()) {
    case ValueType::kString:
      return Value::String(Repaired(batch, value.text()));
    case ValueType::kArray: {
      const std::span<Value> elements = batch.arena().Copy(value.elements());
      for (Value& element : elements) {
        element = Replaced(batch, element);
      }
      return Value::Array(elements);
    }
    case ValueType::kMap: {
      const std::span<Attribute> entries = batch.arena().Copy(value.entries());
      for (Attribute& entry : entries) {
        ReplaceInvalid(batch, entry);
      }
      return Value::Map(entries);
    }
    default:
      return value;
  }
}

// A value as Jaeger's sanitizer writes it behind the key.
std::string AsText(const Value& value) {
  if (value.type() == ValueType::kString) {
    return std::string(value.text());
  }
  std::string text;
  if (value.type() != ValueType::kEmpty) {
    AppendValueJson(text, value);
  }
  return text;
}

}  // namespace

bool HasValidText(const Attribute& attribute) {
  return IsValidUtf8(attribute.key) && HasValidText(attribute.value);
}

void TurnInvalidIntoBytes(SpanBatch& batch, Attribute& attribute, std::uint32_t& invalid_keys) {
  if (!IsValidUtf8(attribute.key)) {
    std::string both(attribute.key);
    both += ':';
    both += AsText(attribute.value);
    attribute.value = Value::Bytes(batch.Intern(both));
    attribute.key = batch.Intern("invalid-tag-key-" + std::to_string(++invalid_keys));
  } else if (attribute.value.type() == ValueType::kString) {
    attribute.value = Value::Bytes(attribute.value.text());
  } else {
    attribute.value = Replaced(batch, attribute.value);
  }
}

void ReplaceInvalid(SpanBatch& batch, Attribute& attribute) {
  attribute.key = Repaired(batch, attribute.key);
  attribute.value = Replaced(batch, attribute.value);
}

}  // namespace pugmark
