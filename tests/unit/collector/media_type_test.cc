#include "collector/receiver/media_type.h"

#include <catch2/catch.hpp>

namespace pugmark {
namespace {

TEST_CASE("media type: parameters are checked and left out", "[collector]") {
  const auto [value, type] = GENERATE(table<std::string, std::string>({
      {"application/x-thrift", "application/x-thrift"},
      {" Application/X-Thrift ", "application/x-thrift"},
      {"application/json; charset=utf-8", "application/json"},
      {"application/json;charset=\"utf-8\" ; q = 1", "application/json"},
      {"application/json;", "application/json"},
      {"application/json; ; ", ""},
      {"application/json; a=1; a=1", "application/json"},
      {"application/json; path=\"C:\\dir\\file\"", "application/json"},
      {"text", "text"},
  }));
  CAPTURE(value);
  const auto parsed = ParseMediaType(value);
  CHECK(parsed.ok() == !type.empty());
  if (parsed.ok()) {
    CHECK(*parsed == type);
  }
}

TEST_CASE("media type: errors are Go's", "[collector]") {
  const auto [value, error] = GENERATE(table<std::string, std::string>({
      {"", "mime: no media type"},
      {" ; a=b", "mime: no media type"},
      {"/json", "mime: no media type"},
      {"a b", "mime: expected slash after first token"},
      {"a/", "mime: expected token after slash"},
      {"a/<b>", "mime: expected token after slash"},
      {"a/b c", "mime: unexpected content after media subtype"},
      {"application/json; =iammalformed;", "mime: invalid media parameter"},
      {"application/json; a", "mime: invalid media parameter"},
      {"application/json; a=", "mime: invalid media parameter"},
      {"application/json; a=\"b", "mime: invalid media parameter"},
      {"application/json; a=1; a=2", "mime: duplicate parameter name"},
  }));
  CAPTURE(value);
  const auto parsed = ParseMediaType(value);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().message == error);
}

}  // namespace
}  // namespace pugmark
