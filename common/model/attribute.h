// Attributes (OpenTelemetry's word; Jaeger's is tag) and their typed values,
// opentelemetry.proto.common.v1.
//
// Both are trivially copyable views: text, elements and entries live in the batch that owns the
// span.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace pugmark {

struct Attribute;

enum class ValueType : std::uint8_t { kEmpty, kString, kBool, kInt, kDouble, kBytes, kArray, kMap };

// One value of any of the types above; kEmpty is OTLP's AnyValue with no member set.
class Value {
 public:
  constexpr Value() = default;

  static Value String(std::string_view text) { return Value(ValueType::kString, text); }
  static Value Bytes(std::string_view bytes) { return Value(ValueType::kBytes, bytes); }
  static Value Bool(bool value) {
    Value v(ValueType::kBool);
    v.integer_ = value ? 1 : 0;
    return v;
  }
  static Value Int(std::int64_t value) {
    Value v(ValueType::kInt);
    v.integer_ = value;
    return v;
  }
  static Value Double(double value) {
    Value v(ValueType::kDouble);
    v.real_ = value;
    return v;
  }
  static Value Array(std::span<const Value> elements) {
    Value v(ValueType::kArray);
    v.elements_ = elements.data();
    v.size_ = static_cast<std::uint32_t>(elements.size());
    return v;
  }
  static Value Map(std::span<const Attribute> entries);

  [[nodiscard]] ValueType type() const { return type_; }
  // Of kString and kBytes; empty for every other type.
  [[nodiscard]] std::string_view text() const {
    return type_ == ValueType::kString || type_ == ValueType::kBytes
               ? std::string_view(text_, size_)
               : std::string_view();
  }
  // The caller has checked the type.
  [[nodiscard]] bool boolean() const { return integer_ != 0; }
  [[nodiscard]] std::int64_t integer() const { return integer_; }
  [[nodiscard]] double real() const { return real_; }
  [[nodiscard]] std::span<const Value> elements() const {
    return type_ == ValueType::kArray ? std::span(elements_, size_) : std::span<const Value>();
  }
  [[nodiscard]] inline std::span<const Attribute> entries() const;

 private:
  constexpr explicit Value(ValueType type) : type_(type) {}
  Value(ValueType type, std::string_view text)
      : text_(text.data()), size_(static_cast<std::uint32_t>(text.size())), type_(type) {}

  union {
    std::int64_t integer_ = 0;
    double real_;
    const char* text_;
    const Value* elements_;
    const Attribute* entries_;
  };
  std::uint32_t size_ = 0;
  ValueType type_ = ValueType::kEmpty;
};

struct Attribute {
  std::string_view key;
  Value value;
};

inline Value Value::Map(std::span<const Attribute> entries) {
  Value v(ValueType::kMap);
  v.entries_ = entries.data();
  v.size_ = static_cast<std::uint32_t>(entries.size());
  return v;
}

inline std::span<const Attribute> Value::entries() const {
  return type_ == ValueType::kMap ? std::span(entries_, size_) : std::span<const Attribute>();
}

// Same type and same content, element by element; NaN equals NaN, -0.0 differs from 0.0.
[[nodiscard]] bool SameValue(const Value& a, const Value& b);
[[nodiscard]] bool SameAttributes(std::span<const Attribute> a, std::span<const Attribute> b);

// The first attribute with that key, or null.
[[nodiscard]] const Attribute* FindAttribute(std::span<const Attribute> attributes,
                                             std::string_view key);

static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) == 16);
static_assert(std::is_trivially_copyable_v<Attribute> && sizeof(Attribute) == 32);

}  // namespace pugmark
