#include "storage/rocks/keys.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "storage/rocks/catalog_row.h"

namespace pugmark::rocks {
namespace {

constexpr UnixTime kSomeTime{std::chrono::seconds(1'700'000'000)};

TEST_CASE("keys: a block key is drawn as the README has it", "[rocks][keys]") {
  CHECK(BlockKey("acme", 0x0102030405060708) == std::string("b\x04"
                                                            "acme\x01\x02\x03\x04\x05\x06\x07\x08",
                                                            14));
  CHECK(TracePrefix("", {0x1112131415161718, 0x2122232425262728}) ==
        std::string("x\x00\x11\x12\x13\x14\x15\x16\x17\x18\x21\x22\x23\x24\x25\x26\x27\x28", 18));
}

TEST_CASE("keys: ids sort by the time of writing", "[rocks][keys]") {
  CHECK(FirstBlockIdAt(kSomeTime) < FirstBlockIdAt(kSomeTime + std::chrono::milliseconds(1)));
  CHECK(TimeOfBlock(FirstBlockIdAt(kSomeTime) + 5) == kSomeTime);
  CHECK(FirstBlockIdAt(kMinTime) == 0);
  CHECK(FirstBlockIdAt(UnixTime(Nanoseconds(-1))) == 0);
}

TEST_CASE("keys: inverted times sort newest first over the whole range", "[rocks][keys]") {
  const std::vector<UnixTime> oldest_first{kMinTime,   UnixTime(Nanoseconds(-1)),
                                           UnixTime(), UnixTime(Nanoseconds(1)),
                                           kSomeTime,  kMaxTime};
  for (std::size_t i = 0; i < oldest_first.size(); ++i) {
    CAPTURE(i);
    CHECK(TimeFromInverted(InvertedTime(oldest_first[i])) == oldest_first[i]);
    if (i > 0) {
      CHECK(InvertedTime(oldest_first[i]) < InvertedTime(oldest_first[i - 1]));
      CHECK(OrderedTime(oldest_first[i]) > OrderedTime(oldest_first[i - 1]));
    }
  }
}

TEST_CASE("keys: no tenant's prefix is the beginning of another's", "[rocks][keys]") {
  const std::vector<std::string> tenants{"", "a", "ab", std::string(1, '\0'),
                                         std::string(255, 'x')};
  for (const std::string& tenant : tenants) {
    for (const std::string& other : tenants) {
      const bool is_prefix =
          KeyPrefix(RowKind::kBlock, other).starts_with(KeyPrefix(RowKind::kBlock, tenant));
      CHECK(is_prefix == (tenant == other));
    }
    CHECK(TenantOfKey(BlockKey(tenant, 7)) == tenant);
  }
}

TEST_CASE("keys: the block of a row is found in every kind of row", "[rocks][keys]") {
  const auto with_block = [](std::string prefix, std::size_t between) {
    prefix.append(between, '\x55');
    return prefix + std::string("\0\0\0\0\0\0\0\x09", 8);
  };
  CHECK(BlockOfKey(BlockKey("t", 9)) == 9U);
  CHECK(BlockOfKey(with_block(TracePrefix("t", {1, 2}), 0)) == 9U);
  CHECK(BlockOfKey(with_block(TimePrefix(RowKind::kTenantTime, "t", 0), 8)) == 9U);
  CHECK(BlockOfKey(with_block(TimePrefix(RowKind::kServiceTime, "t", 1), 8)) == 9U);
  CHECK(BlockOfKey(with_block(TimePrefix(RowKind::kOperationTime, "t", 1), 8)) == 9U);

  CHECK_FALSE(BlockOfKey(kSchemaKey));
  CHECK_FALSE(BlockOfKey(CatalogKey("t", 1, 2, SpanKind::kServer)));
}

TEST_CASE("keys: malformed keys name no block", "[rocks][keys]") {
  const std::string whole = BlockKey("tenant", 9);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    CHECK_FALSE(BlockOfKey(whole.substr(0, cut)));
  }
  CHECK_FALSE(BlockOfKey(whole + "x"));
  CHECK_FALSE(BlockOfKey("b\xff"));
}

TEST_CASE("keys: the key behind a prefix", "[rocks][keys]") {
  CHECK(AfterPrefix("ab") == "ac");
  CHECK(AfterPrefix("a\xff\xff") == "b");
  CHECK(AfterPrefix("\xff\xff").empty());
}

TEST_CASE("keys: catalog rows come back, and expire", "[rocks][keys]") {
  std::string value;
  AppendCatalogValue(value, {"shop", "GET /", SpanKind::kClient, 77});
  const auto row = ParseCatalogValue(value);
  REQUIRE(row);
  CHECK(row->service == "shop");
  CHECK(row->operation == "GET /");
  CHECK(row->kind == SpanKind::kClient);
  CHECK(row->listed_until == 77);
  CHECK_FALSE(IsExpiredCatalogRow(value, 77));
  CHECK(IsExpiredCatalogRow(value, 78));
  // Up to the end of the service's name; what follows is the operation, of any length.
  for (std::size_t cut = 0; cut < 13 + 4; ++cut) {
    CAPTURE(cut);
    CHECK_FALSE(ParseCatalogValue(value.substr(0, cut)));
  }
}

}  // namespace
}  // namespace pugmark::rocks
