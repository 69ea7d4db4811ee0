#include "agent/reporter/outgoing_message.h"

#include <catch2/catch.hpp>

namespace pugmark {
namespace {

using SteadyClock = OutgoingMessage::SteadyClock;
constexpr SteadyClock::time_point kStart{};

std::string Joined(const OutgoingMessage& message) {
  std::string whole;
  for (const auto& piece : message.pieces()) {
    whole += *piece;
  }
  return whole;
}

}  // namespace

TEST_CASE("open messages: batches of one process share a message", "[agent]") {
  OpenMessages open;
  CHECK(open.Add("P1", "aaa", 2, SourceFormat::kJaeger, kStart) == nullptr);
  CHECK(open.Add("P2", "b", 1, SourceFormat::kJaeger, kStart + std::chrono::seconds(1)) == nullptr);
  CHECK(open.Add("P1", "cc", 3, SourceFormat::kJaeger, kStart + std::chrono::seconds(2)) ==
        nullptr);
  CHECK(open.size() == 2);
  REQUIRE(open.oldest() == kStart);
  const auto first = open.TakeOldest();
  CHECK(Joined(*first) == std::string("\x0a\x07") + "aaacc" + "P1");
  CHECK(first->span_count() == 5);
  CHECK(first->batch_count() == 2);
  const auto second = open.TakeOldest();
  CHECK(Joined(*second) == std::string("\x0a\x03") + "b" + "P2");
  CHECK_FALSE(open.oldest().has_value());
  CHECK(open.held_bytes() == 0);
}

TEST_CASE("open messages: formats stay apart", "[agent]") {
  OpenMessages open;
  CHECK(open.Add("P", "a", 1, SourceFormat::kJaeger, kStart) == nullptr);
  CHECK(open.Add("P", "b", 1, SourceFormat::kZipkin, kStart) == nullptr);
  CHECK(open.size() == 2);
}

TEST_CASE("open messages: a full message leaves at once", "[agent]") {
  OpenMessages open;
  SECTION("by spans") {
    CHECK(open.Add("P", "a", OpenMessages::kFullSpans - 1, SourceFormat::kJaeger, kStart) ==
          nullptr);
    const auto full = open.Add("P", "b", 1, SourceFormat::kJaeger, kStart);
    REQUIRE(full != nullptr);
    CHECK(full->span_count() == OpenMessages::kFullSpans);
  }
  SECTION("by bytes") {
    const std::string half(OpenMessages::kFullBytes / 2, 'x');
    CHECK(open.Add("P", half, 1, SourceFormat::kJaeger, kStart) == nullptr);
    const auto full = open.Add("P", half, 1, SourceFormat::kJaeger, kStart);
    REQUIRE(full != nullptr);
    // The length takes three bytes.
    CHECK(Joined(*full).size() == 1 + 3 + 2 * half.size() + 1);
  }
  CHECK(open.size() == 0);
  CHECK(open.held_bytes() == 0);
}

TEST_CASE("open messages: what they hold is counted", "[agent]") {
  OpenMessages open;
  CHECK(open.Add("P", "abc", 1, SourceFormat::kJaeger, kStart) == nullptr);
  const std::size_t one = open.held_bytes();
  CHECK(one > 4);
  CHECK(open.Add("P", "abc", 1, SourceFormat::kJaeger, kStart) == nullptr);
  CHECK(open.held_bytes() == one + 3);
  CHECK(open.Add("Q", "abc", 1, SourceFormat::kJaeger, kStart) == nullptr);
  CHECK(open.held_bytes() == 2 * one + 3);
}

}  // namespace pugmark
