#include "common/net/url.h"

#include <catch2/catch.hpp>

namespace pugmark {

TEST_CASE("url: percent-encoding both ways", "[net]") {
  CHECK(*UrlDecode("a%20b%2Fc+d", false) == "a b/c+d");
  CHECK(*UrlDecode("a+b", true) == "a b");
  CHECK(UrlDecode("a%zz", false).error().message == R"(invalid URL escape "%zz")");
  CHECK(UrlDecode("a%2", false).error().message == R"(invalid URL escape "%2")");
  CHECK(*UrlDecode(UrlEncode("caf\xc3\xa9 /?&=+%"), false) == "caf\xc3\xa9 /?&=+%");
}

TEST_CASE("url: query parameters as Go reads them", "[net]") {
  const auto parameters =
      QueryParameters::Parse("a=1&b=x%20y&a=2&empty=&flag&bad=%zz&semi=1;2&&c=%3D");
  CHECK(parameters.Get("a") == "1");
  CHECK(parameters.All("a") == std::vector<std::string_view>{"1", "2"});
  CHECK(parameters.Get("b") == "x y");
  CHECK(parameters.Get("c") == "=");
  CHECK(parameters.Has("empty"));
  CHECK(parameters.Has("flag"));
  CHECK_FALSE(parameters.Has("bad"));
  CHECK_FALSE(parameters.Has("semi"));
  CHECK(parameters.Get("none").empty());
}

}  // namespace pugmark
