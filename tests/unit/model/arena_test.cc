#include "common/model/arena.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <numeric>
#include <vector>

namespace pugmark {
namespace {

constexpr std::size_t kMuch = std::size_t{64} << 20;

}  // namespace

TEST_CASE("arena: values are apart from each other and aligned", "[model][arena]") {
  Arena arena(kMuch);
  std::vector<std::span<std::uint64_t>> lists;
  for (std::size_t i = 0; i < 3000; ++i) {
    REQUIRE(arena.Allocate<char>(1 + i % 7) != nullptr);
    auto* const list = arena.Allocate<std::uint64_t>(1 + i % 50);
    REQUIRE(list != nullptr);
    REQUIRE(reinterpret_cast<std::uintptr_t>(list) % alignof(std::uint64_t) == 0);
    std::fill_n(list, 1 + i % 50, i);
    lists.emplace_back(list, 1 + i % 50);
  }
  for (std::size_t i = 0; i < lists.size(); ++i) {
    for (const std::uint64_t value : lists[i]) {
      REQUIRE(value == i);
    }
  }
}

TEST_CASE("arena: copies", "[model][arena]") {
  Arena arena(kMuch);
  const std::string text = "some text";
  const std::string_view copy = arena.CopyText(text);
  CHECK(copy == text);
  CHECK(copy.data() != text.data());
  CHECK(arena.CopyText("").empty());
  std::vector<int> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0);
  const std::span<int> copied = arena.Copy(std::span<const int>(numbers));
  CHECK(std::equal(copied.begin(), copied.end(), numbers.begin(), numbers.end()));
}

TEST_CASE("arena: it holds nothing before it is used, and whole chunks then", "[model][arena]") {
  Arena arena(kMuch);
  CHECK(arena.bytes_reserved() == 0);
  static_cast<void>(arena.Allocate<char>(1));
  CHECK(arena.bytes_reserved() == Arena::kFirstChunkBytes);
  static_cast<void>(arena.Allocate<char>(Arena::kFirstChunkBytes));
  CHECK(arena.bytes_reserved() == 3 * Arena::kFirstChunkBytes);
  static_cast<void>(arena.Allocate<char>(3 * Arena::kLargestChunkBytes));
  CHECK(arena.bytes_reserved() > 3 * Arena::kLargestChunkBytes);
  CHECK(arena.bytes_reserved() < 3 * Arena::kLargestChunkBytes + 4 * Arena::kFirstChunkBytes);
}

TEST_CASE("arena: chunks grow to a largest size", "[model][arena]") {
  Arena arena(kMuch);
  std::size_t before = 0;
  std::size_t largest = 0;
  for (int i = 0; i < 10'000; ++i) {
    static_cast<void>(arena.Allocate<char>(1000));
    largest = std::max(largest, arena.bytes_reserved() - before);
    before = arena.bytes_reserved();
  }
  CHECK(largest == Arena::kLargestChunkBytes);
  CHECK(before < 10'000'000 + 2 * Arena::kLargestChunkBytes);
}

TEST_CASE("arena: the limit is never passed, and reaching it is remembered", "[model][arena]") {
  for (const std::size_t limit : {0, 1, 100, 5'000, 65'536, 200'000, 3'000'000}) {
    CAPTURE(limit);
    Arena arena(limit);
    std::size_t given = 0;
    while (arena.Allocate<char>(777) != nullptr) {
      given += 777;
      REQUIRE(arena.bytes_reserved() <= limit);
      REQUIRE_FALSE(arena.exhausted());
    }
    CHECK(arena.exhausted());
    CHECK(arena.bytes_reserved() <= limit);
    // What is left at the end is less than a half: chunks shrink to what is asked for.
    CHECK(given + 2'000 >= limit / 2);
    CHECK(arena.CopyText("x").size() <= 1);
  }
}

TEST_CASE("arena: a request that could never fit exhausts it too", "[model][arena]") {
  Arena arena(1000);
  SECTION("larger than the limit") { CHECK(arena.Allocate<std::uint64_t>(126) == nullptr); }
  SECTION("so large that its size wraps around") {
    CHECK(arena.Allocate<std::uint64_t>(~std::size_t{0} / 4) == nullptr);
  }
  SECTION("a copy") {
    const std::string text(2000, 'x');
    CHECK(arena.CopyText(text).empty());
  }
  CHECK(arena.exhausted());
}

TEST_CASE("arena: chunks may change threads with their batch", "[model][arena]") {
  for (int round = 0; round < 100; ++round) {
    Arena first(kMuch);
    Arena second(kMuch);
    for (int i = 0; i < 20; ++i) {
      static_cast<void>(first.Allocate<char>(60'000));
      static_cast<void>(second.Allocate<char>(1 + i));
    }
  }
  // Destroyed chunks are used again: nothing to see but what the sanitizers say.
  SUCCEED();
}

}  // namespace pugmark
