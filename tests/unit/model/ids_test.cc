#include "common/model/ids.h"

#include <catch2/catch.hpp>
#include <unordered_set>

namespace pugmark {

TEST_CASE("trace id: bytes, text and order", "[model]") {
  const TraceId id{0x0102030405060708, 0x090a0b0c0d0e0f10};
  char bytes[16];
  id.ToBigEndian(bytes);
  CHECK(std::string_view(bytes, 16) ==
        "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10");
  CHECK(TraceId::FromBigEndian({bytes, 16}) == id);
  CHECK(TraceId::FromBigEndian({bytes + 8, 8}) == TraceId{0, id.low});
  CHECK(id.ToText() == "0102030405060708090a0b0c0d0e0f10");
  CHECK(TraceId{0, 0x4d2}.ToText() == "00000000000004d2");
  CHECK(TraceId{}.IsZero());
  CHECK_FALSE(TraceId{1, 0}.IsZero());
  CHECK_FALSE(TraceId{0, 1}.IsZero());
  CHECK(TraceId{1, 0} > TraceId{0, 5});
}

TEST_CASE("trace id: counted ids spread over a hash table", "[model]") {
  std::unordered_set<std::size_t> buckets;
  for (std::uint64_t i = 0; i < 4096; ++i) {
    buckets.insert(std::hash<TraceId>()({i, i}) >> 48);
  }
  CHECK(buckets.size() > 3000);
}

}  // namespace pugmark
