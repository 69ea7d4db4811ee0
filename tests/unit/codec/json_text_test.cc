#include "proto/codec/json_text.h"

#include <catch2/catch.hpp>
#include <limits>

#include "proto/codec/json_indent.h"

namespace pugmark {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendGoJsonString(out, text);
  return out;
}

std::string Number(double value) {
  std::string out;
  AppendDouble(out, value);
  return out;
}

std::string Base64(std::string_view bytes) {
  std::string out;
  AppendBase64(out, bytes);
  return out;
}

std::string Json(const Value& value) {
  std::string out;
  AppendValueJson(out, value);
  return out;
}

}  // namespace

TEST_CASE("json text: strings are escaped as Go escapes them", "[codec][json]") {
  const auto [text, json] = GENERATE(table<std::string, std::string>({
      {"", R"("")"},
      {"plain text of more than sixteen bytes", R"("plain text of more than sixteen bytes")"},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"\n\r\t", R"("\n\r\t")"},
      {std::string("\0\x01\b\f\x1f", 5), R"("\u0000\u0001\u0008\u000c\u001f")"},
      {"\x7f", "\"\x7f\""},
      {"<a href='x'>&</a>", R"("\u003ca href='x'\u003e\u0026\u003c/a\u003e")"},
      {"größer 日本語 😀", "\"größer 日本語 😀\""},
      {"\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "\"\\u2028\\u2029\xe2\x80\xaa\""},
      {"a\xff"
       "b\xc3",
       R"("a\ufffdb\ufffd")"},
      {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},
      {"\xf0\x9f\x98", R"("\ufffd\ufffd\ufffd")"},
  }));
  CHECK(Quoted(text) == json);
}

TEST_CASE("json text: a special byte is found at every place", "[codec][json]") {
  for (std::size_t length = 1; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'x');
      text[at] = '<';
      std::string expected = "\"" + text + "\"";
      expected.replace(at + 1, 1, "\\u003c");
      REQUIRE(Quoted(text) == expected);
    }
  }
}

TEST_CASE("json text: numbers", "[codec][json]") {
  const auto [value, json] = GENERATE(table<double, std::string>({
      {0.0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {-2.5, "-2.5"},
      {0.1, "0.1"},
      {123456789.125, "123456789.125"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {-1.5e300, "-1.5e+300"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {2.5e-10, "2.5e-10"},
      {5e-324, "5e-324"},
      {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
      {std::numeric_limits<double>::quiet_NaN(), "\"NaN\""},
      {std::numeric_limits<double>::infinity(), "\"Infinity\""},
      {-std::numeric_limits<double>::infinity(), "\"-Infinity\""},
  }));
  CHECK(Number(value) == json);
  std::string integers;
  AppendInteger(integers, std::numeric_limits<std::int64_t>::min());
  integers += ' ';
  AppendUnsigned(integers, std::numeric_limits<std::uint64_t>::max());
  CHECK(integers == "-9223372036854775808 18446744073709551615");
}

TEST_CASE("json text: base64", "[codec][json]") {
  CHECK(Base64("") == "");
  CHECK(Base64("f") == "Zg==");
  CHECK(Base64("fo") == "Zm8=");
  CHECK(Base64("foo") == "Zm9v");
  CHECK(Base64("foob") == "Zm9vYg==");
  CHECK(Base64("\xff\xfe\xfd\xfb\xef") == "//79++8=");
}

TEST_CASE("json text: values", "[codec][json]") {
  const std::array<Attribute, 2> entries{Attribute{"a<", Value::Bytes("f")},
                                         Attribute{"b", Value()}};
  const std::array<Value, 5> elements{Value::Bool(true), Value::Int(-5), Value::Double(1.5),
                                      Value::Map(entries), Value::Array({})};
  CHECK(Json(Value::Array(elements)) == R"([true,-5,1.5,{"a\u003c":"Zg==","b":null},[]])");
  CHECK(Json(Value::Map({})) == "{}");
  CHECK(Json(Value::Bool(false)) == "false");
  CHECK(Json(Value::String("x")) == "\"x\"");
}

TEST_CASE("json indent: as Go indents, wherever the pieces end", "[codec][json]") {
  const std::string compact = R"({"a":[1,{"b":"x,{\"y\":[\\"}],"c":{},"d":[],"e":null})";
  const std::string indented =
      "{\n    \"a\": [\n        1,\n        {\n            \"b\": \"x,{\\\"y\\\":[\\\\\"\n"
      "        }\n    ],\n    \"c\": {},\n    \"d\": [],\n    \"e\": null\n}";
  for (std::size_t cut = 0; cut <= compact.size(); ++cut) {
    if (cut > 0 && compact[cut - 1] == '\\') {
      continue;  // inside an escape sequence
    }
    CAPTURE(cut);
    JsonIndenter indenter;
    std::string out;
    indenter.Append(out, std::string_view(compact).substr(0, cut));
    indenter.Append(out, std::string_view(compact).substr(cut));
    CHECK(out == indented);
  }
  JsonIndenter deeper(1);
  std::string out;
  deeper.Append(out, R"({"a":1})");
  CHECK(out == "{\n        \"a\": 1\n    }");
}

}  // namespace pugmark
