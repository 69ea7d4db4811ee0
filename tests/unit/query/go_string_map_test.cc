#include "query/api/go_string_map.h"

#include <catch2/catch.hpp>
#include <string>

namespace pugmark {
namespace {

using Map = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("go string map: what is taken", "[query]") {
  const auto [json, wanted] = GENERATE(table<std::string, Map>({
      {"{}", {}},
      {" { } ", {}},
      {"null", {}},
      {R"({"a":"b"})", {{"a", "b"}}},
      {R"({"a":"1","b":"2"})", {{"a", "1"}, {"b", "2"}}},
      {R"({"a":"1","a":"2"})", {{"a", "2"}}},
      {R"({"a":null})", {{"a", ""}}},
      {R"({"a":"A\n\"\\\/\t\b\f\r"})", {{"a", "A\n\"\\/\t\b\f\r"}}},
      {R"({"a":"é€😀"})", {{"a", "é€😀"}}},
      {R"({"a":"\ud83d x","b":"\ude00"})", {{"a", "\uFFFD x"}, {"b", "\uFFFD"}}},
      {"{\"a\":\"\xff\"}", {{"a", "\uFFFD"}}},
      {R"({"":""})", {{"", ""}}},
  }));
  CAPTURE(json);
  const auto map = ParseGoStringMap(json);
  REQUIRE(map.ok());
  CHECK(*map == wanted);
}

TEST_CASE("go string map: what is refused, in Go's words", "[query]") {
  const auto [json, wanted] = GENERATE(table<std::string, std::string>({
      {"", "unexpected end of JSON input"},
      {"{", "unexpected end of JSON input"},
      {R"({"a")", "unexpected end of JSON input"},
      {R"({"a":)", "unexpected end of JSON input"},
      {R"({"a":"b)", "unexpected end of JSON input"},
      {R"({"a":"b")", "unexpected end of JSON input"},
      {R"({"a":"\u12)", "unexpected end of JSON input"},
      {"{x", "invalid character 'x' looking for beginning of object key string"},
      {"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"},
      {"x", "invalid character 'x' looking for beginning of value"},
      {"[,]", "invalid character ',' looking for beginning of value"},
      {"{\"a\" 1}", "invalid character '1' after object key"},
      {"{\"a\":1 2}", "invalid character '2' after object key:value pair"},
      {"[1 2]", "invalid character '2' after array element"},
      {"{} {}", "invalid character '{' after top-level value"},
      {"01", "invalid character '1' after top-level value"},
      {"{\"a\":tru}", "invalid character '}' in literal true (expecting 'e')"},
      {"{\"a\":-}", "invalid character '}' in numeric literal"},
      {"{\"a\":1.}", "invalid character '}' after decimal point in numeric literal"},
      {"{\"a\":1e}", "invalid character '}' in exponent of numeric literal"},
      {"{\"a\":\"\n\"}", "invalid character '\\n' in string literal"},
      {R"({"a":"\x"})", "invalid character 'x' in string escape code"},
      {R"({"a":"\u00g0"})", R"(invalid character 'g' in \u hexadecimal character escape)"},
      {"'a'", R"(invalid character '\'' looking for beginning of value)"},
      {"{\"a\":\"b\"\"", R"(invalid character '"' after object key:value pair)"},
      {"\xc3", "invalid character 'Ã' looking for beginning of value"},
      {R"({"a":1})", "json: cannot unmarshal number into Go value of type string"},
      {R"({"a":true,"b":1})", "json: cannot unmarshal bool into Go value of type string"},
      {R"({"a":[1,{"b":[]}]})", "json: cannot unmarshal array into Go value of type string"},
      {R"({"a":{"b":"c"}})", "json: cannot unmarshal object into Go value of type string"},
      {"[]", "json: cannot unmarshal array into Go value of type map[string]string"},
      {"7", "json: cannot unmarshal number into Go value of type map[string]string"},
      {"\"x\"", "json: cannot unmarshal string into Go value of type map[string]string"},
      {std::string(100'000, '['), "exceeded max depth"},
  }));
  CAPTURE(json.substr(0, 40));
  const auto map = ParseGoStringMap(json);
  REQUIRE_FALSE(map.ok());
  CHECK(map.error().message == wanted);
}

TEST_CASE("go string map: every cut is an error", "[query]") {
  const std::string whole = R"({"a":"b\u00e9","c":[1.5e3,{"d":null}],"e":"f"})";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    CHECK_FALSE(ParseGoStringMap(whole.substr(0, cut)).ok());
  }
}

}  // namespace pugmark
