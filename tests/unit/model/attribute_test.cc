#include "common/model/attribute.h"

#include <array>
#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

namespace pugmark {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Values that all differ from each other.
std::vector<Value> DistinctValues() {
  static const std::array<Value, 2> elements{Value::Int(1), Value::String("x")};
  static const std::array<Attribute, 1> entries{Attribute{"k", Value::Int(1)}};
  static const std::array<Attribute, 1> other_key{Attribute{"l", Value::Int(1)}};
  static const std::array<Attribute, 1> other_value{Attribute{"k", Value::Int(2)}};
  return {Value(),
          Value::String(""),
          Value::String("x"),
          Value::Bytes(""),
          Value::Bytes("x"),
          Value::Bool(false),
          Value::Bool(true),
          Value::Int(0),
          Value::Int(1),
          Value::Double(0.0),
          Value::Double(-0.0),
          Value::Double(1),
          Value::Double(kNan),
          Value::Array({}),
          Value::Array(elements),
          Value::Array(std::span(elements).first(1)),
          Value::Map({}),
          Value::Map(entries),
          Value::Map(other_key),
          Value::Map(other_value)};
}

}  // namespace

TEST_CASE("value: equal to itself alone", "[model]") {
  const std::vector<Value> values = DistinctValues();
  const std::vector<Value> again = DistinctValues();
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < again.size(); ++j) {
      CAPTURE(i, j);
      CHECK(SameValue(values[i], again[j]) == (i == j));
    }
  }
}

TEST_CASE("value: what it holds", "[model]") {
  CHECK(Value::String("text").text() == "text");
  CHECK(Value::Bytes(std::string_view("\0x", 2)).text().size() == 2);
  CHECK(Value::Bool(true).boolean());
  CHECK(Value::Int(-5).integer() == -5);
  CHECK(Value::Double(2.5).real() == 2.5);
  CHECK(Value().type() == ValueType::kEmpty);
  const std::array<Value, 2> elements{Value::Int(1), Value::Int(2)};
  CHECK(Value::Array(elements).elements().size() == 2);
  const std::array<Attribute, 1> entries{Attribute{"k", Value::Int(1)}};
  CHECK(Value::Map(entries).entries()[0].key == "k");
}

TEST_CASE("value: asked for another type it is empty", "[model]") {
  CHECK(Value::Int(5).text().empty());
  CHECK(Value::Int(5).elements().empty());
  CHECK(Value::String("x").entries().empty());
  CHECK(Value().text().empty());
}

TEST_CASE("attributes: compared in order, found by the first key", "[model]") {
  const std::array<Attribute, 3> attributes{
      Attribute{"a", Value::Int(1)}, Attribute{"b", Value::Int(2)}, Attribute{"a", Value::Int(3)}};
  std::array<Attribute, 3> swapped = attributes;
  std::swap(swapped[0], swapped[1]);
  CHECK(SameAttributes(attributes, attributes));
  CHECK_FALSE(SameAttributes(attributes, swapped));
  CHECK_FALSE(SameAttributes(attributes, std::span(attributes).first(2)));
  CHECK(SameAttributes({}, {}));
  REQUIRE(FindAttribute(attributes, "a") != nullptr);
  CHECK(FindAttribute(attributes, "a")->value.integer() == 1);
  CHECK(FindAttribute(attributes, "c") == nullptr);
  CHECK(FindAttribute({}, "") == nullptr);
}

}  // namespace pugmark
