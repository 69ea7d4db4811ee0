#include "storage/api/match.h"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/support/span_builder.h"

namespace pugmark::testing {
namespace {

TEST_CASE("value text: as Jaeger compares tags", "[match]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto [value, text] = GENERATE_COPY(table<TestValue, std::string>({
      {TestValue(), ""},
      {"a text", "a text"},
      {true, "true"},
      {false, "false"},
      {0, "0"},
      {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
      {0.0, "0"},
      {-0.0, "-0"},
      {5.0, "5"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333"},
      {123456789.0, "123456789"},
      {1234567890.0, "1234567890"},
      {12345678901.0, "1.23456789e+10"},
      {1e21, "1e+21"},
      {0.0001, "0.0001"},
      {0.00001, "1e-05"},
      {1e100, "1e+100"},
      {std::numeric_limits<double>::denorm_min(), "4.940656458e-324"},
      {nan, "NaN"},
      {std::numeric_limits<double>::infinity(), "+Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
      {TestValue::Bytes(std::string("\x00\xff\x0a", 3)), "00ff0a"},
      {TestValue::Bytes(""), ""},
      {TestValue::Array({}), "[]"},
      {TestValue::Array({"a", 1, 2.5, true, TestValue()}), R"(["a",1,2.5,true,null])"},
      {TestValue::Map({{"k", TestValue::Array({"<"})}}), R"({"k":["\u003c"]})"},
  }));
  CAPTURE(text);
  Arena arena(1 << 20);
  const Value built = value.Build(arena);
  CHECK(ValueAsJaegerText(built) == text);

  // A search for that text finds the value, one for another text does not.
  Attribute attribute{"key", built};
  Span span;
  span.attributes = {&attribute, 1};
  const auto finds = [&span](const std::string& asked) {
    const auto matcher = SpanMatcher::Compile({.filter = JaegerTagEquals("key", asked)});
    REQUIRE(matcher.ok());
    return matcher->Matches(span);
  };
  CHECK(finds(text));
  CHECK_FALSE(finds(text + " "));
  CHECK_FALSE(finds(text.empty() ? "x" : text.substr(1)));
}

TEST_CASE("match: comparisons as text read the literal as what the value is", "[match]") {
  const auto [op, literal, matches] = GENERATE(table<FilterOp, std::string, bool>({
      {FilterOp::kGt, "99.5", true},
      {FilterOp::kGt, "100", false},
      {FilterOp::kGte, "100", true},
      {FilterOp::kLt, "1e3", true},
      {FilterOp::kLt, "many", false},
      {FilterOp::kIn, "100", true},
      {FilterOp::kNe, "100", false},
      {FilterOp::kNe, "100.0", true},
  }));
  CAPTURE(op, literal);
  const auto batch = MakeBatch({{.attributes = {{"n", 100}}}});
  FilterNode node;
  node.op = op;
  node.level = FilterLevel::kSpan;
  node.as_text = true;
  node.key = "n";
  node.values = {literal};
  const auto matcher = SpanMatcher::Compile({.filter = node});
  REQUIRE(matcher.ok());
  CHECK(matcher->Matches(batch->spans().front()) == matches);
}

TEST_CASE("match: literals of other types are compared as their text", "[match]") {
  const auto batch = MakeBatch({{.attributes = {{"n", "5"}, {"b", "true"}}}});
  const auto [key, literal] =
      GENERATE(table<std::string, FilterValue>({{"n", std::int64_t{5}}, {"n", 5.0}, {"b", true}}));
  FilterNode node = JaegerTagEquals(key, "");
  node.values = {literal};
  CHECK(SpanMatcher::Compile({.filter = node})->Matches(batch->spans().front()));
}

TEST_CASE("match: a regular expression cannot take more than its share of memory", "[match]") {
  FilterNode node;
  node.op = FilterOp::kRegex;
  node.level = FilterLevel::kSpan;
  node.key = "k";
  node.values = {"((a{100}){100}){100}"};
  const auto matcher = SpanMatcher::Compile({.filter = node});
  REQUIRE_FALSE(matcher.ok());
  CHECK(matcher.error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("match: a moved matcher still matches", "[match]") {
  const auto batch = MakeBatch({{.name = "a"}, {.name = "b"}});
  auto first = SpanMatcher::Compile({.operation = "a"});
  REQUIRE(first.ok());
  const SpanMatcher moved = *std::move(first);
  CHECK(moved.Matches(batch->spans()[0]));
  CHECK_FALSE(moved.Matches(batch->spans()[1]));
}

}  // namespace
}  // namespace pugmark::testing
