#include "storage/api/value_compare.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "common/base/hex.h"
#include "proto/codec/json_text.h"
#include "storage/api/match.h"

namespace pugmark {
namespace {

// Large enough for any 64-bit integer and any double of 10 digits.
using NumberText = std::array<char, 32>;

std::string_view IntegerText(std::int64_t value, NumberText& buffer) {
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

// As Go's FormatFloat(value, 'g', 10, 64).
std::string_view RealText(double value, NumberText& buffer) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value > 0 ? "+Inf" : "-Inf";
  }
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::general, 10)
                       .ptr;
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

std::string_view BoolText(bool value) { return value ? "true" : "false"; }

bool EqualsHex(std::string_view bytes, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (text.size() != 2 * bytes.size()) {
    return false;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (text[2 * i] != kDigits[byte >> 4U] || text[2 * i + 1] != kDigits[byte & 15U]) {
      return false;
    }
  }
  return true;
}

// long double holds every int64 and every double exactly.
std::partial_ordering CompareNumbers(long double a, long double b) { return a <=> b; }

std::partial_ordering CompareTexts(std::string_view a, std::string_view b) { return a <=> b; }

template <typename Number>
std::optional<Number> ParseWhole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

std::optional<long double> ParseNumber(std::string_view text) {
  if (const auto integer = ParseWhole<std::int64_t>(text)) {
    return *integer;
  }
  if (const auto real = ParseWhole<double>(text)) {
    return *real;
  }
  return std::nullopt;
}

struct TypedComparison {
  const Value& value;

  std::partial_ordering operator()(const std::string& literal) const {
    return value.type() == ValueType::kString ? CompareTexts(value.text(), literal)
                                              : std::partial_ordering::unordered;
  }
  std::partial_ordering operator()(bool literal) const {
    return value.type() == ValueType::kBool
               ? std::partial_ordering(int{value.boolean()} <=> int{literal})
               : std::partial_ordering::unordered;
  }
  std::partial_ordering operator()(std::int64_t literal) const { return WithNumber(literal); }
  std::partial_ordering operator()(double literal) const { return WithNumber(literal); }

  [[nodiscard]] std::partial_ordering WithNumber(long double literal) const {
    switch (value.type()) {
      case ValueType::kInt:
        return CompareNumbers(value.integer(), literal);
      case ValueType::kDouble:
        return CompareNumbers(value.real(), literal);
      default:
        return std::partial_ordering::unordered;
    }
  }
};

}  // namespace

std::string ValueAsJaegerText(const Value& value) {
  NumberText buffer;
  switch (value.type()) {
    case ValueType::kEmpty:
      return "";
    case ValueType::kString:
      return std::string(value.text());
    case ValueType::kBool:
      return std::string(BoolText(value.boolean()));
    case ValueType::kInt:
      return std::string(IntegerText(value.integer(), buffer));
    case ValueType::kDouble:
      return std::string(RealText(value.real(), buffer));
    case ValueType::kBytes:
      return HexBytes(value.text());
    case ValueType::kArray:
    case ValueType::kMap:
      break;
  }
  std::string json;
  AppendValueJson(json, value);
  return json;
}

bool EqualsJaegerText(const Value& value, std::string_view text) {
  NumberText buffer;
  switch (value.type()) {
    case ValueType::kEmpty:
      return text.empty();
    case ValueType::kString:
      return value.text() == text;
    case ValueType::kBool:
      return BoolText(value.boolean()) == text;
    case ValueType::kInt:
      return IntegerText(value.integer(), buffer) == text;
    case ValueType::kDouble:
      return RealText(value.real(), buffer) == text;
    case ValueType::kBytes:
      return EqualsHex(value.text(), text);
    case ValueType::kArray:
      return text.starts_with('[') && ValueAsJaegerText(value) == text;
    case ValueType::kMap:
      return text.starts_with('{') && ValueAsJaegerText(value) == text;
  }
  return false;
}

std::partial_ordering CompareTyped(const Value& value, const FilterValue& literal) {
  return std::visit(TypedComparison{value}, literal);
}

std::partial_ordering CompareUntyped(const Value& value, std::string_view text) {
  switch (value.type()) {
    case ValueType::kString:
      return CompareTexts(value.text(), text);
    case ValueType::kInt:
    case ValueType::kDouble: {
      const std::optional<long double> number = ParseNumber(text);
      return number ? TypedComparison{value}.WithNumber(*number) : std::partial_ordering::unordered;
    }
    case ValueType::kBool:
      if (text != "true" && text != "false") {
        return std::partial_ordering::unordered;
      }
      return TypedComparison{value}(text == "true");
    default:
      return std::partial_ordering::unordered;
  }
}

}  // namespace pugmark
