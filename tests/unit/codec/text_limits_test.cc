#include "proto/codec/text_limits.h"

#include <catch2/catch.hpp>

namespace pugmark {

TEST_CASE("text limits: cut at the start of a code point, never longer than the limit", "[codec]") {
  const std::string text = "abcdefgh\xe6\x97\xa5\xe6\x9c\xac and much more text behind it";
  for (std::size_t limit = 0; limit < text.size(); ++limit) {
    CAPTURE(limit);
    BatchLimits limits;
    limits.max_value_bytes = limit;
    SpanBatch batch("", limits);
    const std::string_view cut = CutText(batch, text);
    CHECK(cut.size() <= limit);
    CHECK(IsValidUtf8(cut));
    if (limit >= kCutMarker.size()) {
      CHECK(cut.ends_with(kCutMarker));
      CHECK(text.starts_with(cut.substr(0, cut.size() - kCutMarker.size())));
    }
  }
}

TEST_CASE("text limits: invalid bytes are replaced", "[codec]") {
  SpanBatch batch("");
  CHECK(RepairText(batch, "a\xff\xc3") == "a\xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace pugmark
