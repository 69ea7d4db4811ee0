#include "common/base/utf8.h"

#include <catch2/catch.hpp>

namespace pugmark {

TEST_CASE("utf8: validity at every position of a longer text", "[base]") {
  const auto [piece, valid] = GENERATE(table<std::string, bool>({
      {"\xc3\xa9", true},
      {"\xe2\x82\xac", true},
      {"\xf0\x9f\x98\x80", true},
      {"\xf4\x8f\xbf\xbf", true},
      {"\xc0\x80", false},
      {"\xe0\x80\x80", false},
      {"\xed\xa0\x80", false},
      {"\xf4\x90\x80\x80", false},
      {"\xf8\x88\x80\x80\x80", false},
      {"\x80", false},
      {"\xe2\x82", false},
  }));
  for (std::size_t before = 0; before < 17; ++before) {
    for (std::size_t after = 0; after < 17; ++after) {
      CAPTURE(before, after);
      CHECK(IsValidUtf8(std::string(before, 'a') + piece + std::string(after, 'b')) == valid);
    }
  }
  CHECK(IsValidUtf8(""));
}

TEST_CASE("utf8: repair replaces each invalid byte", "[base]") {
  CHECK(RepairUtf8("a\xff\xe2\x82z") == "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
  CHECK(RepairUtf8("\xe2\x82\xac") == "\xe2\x82\xac");
}

}  // namespace pugmark
