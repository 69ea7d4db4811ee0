#include <catch2/catch.hpp>

#include "tests/unit/rocks/rocks_fixture.h"

namespace pugmark::rocks {
namespace {

using testing::kTestTime;

constexpr std::chrono::minutes kMinute{1};

TEST_CASE("rocks sampling: throughput of a time comes back, also after a restart",
          "[rocks][sampling]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  const Throughput item{"shop", "GET /", 17, {"0.001000", "1.000000"}};
  REQUIRE(owner->sampling_store()->InsertThroughput({item}, kTestTime).ok());
  REQUIRE(owner->sampling_store()->InsertThroughput({item, item}, kTestTime + kMinute).ok());
  const auto count = [&](UnixTime start, UnixTime end) {
    return owner->sampling_store()->GetThroughput(start, end)->size();
  };
  for (int opened = 0; opened < 2; ++opened) {
    CHECK(count(kTestTime - kMinute, kTestTime + kMinute) == 3);
    CHECK(count(kTestTime, kTestTime + kMinute) == 2);
    CHECK(count(kTestTime - kMinute, kTestTime) == 1);
    const auto found = owner->sampling_store()->GetThroughput(kTestTime - kMinute, kTestTime);
    REQUIRE(found->size() == 1);
    CHECK(found->front().service == "shop");
    CHECK(found->front().operation == "GET /");
    CHECK(found->front().count == 17);
    CHECK(found->front().probabilities == item.probabilities);
    owner.reset();
    owner = rocks.OpenOwner();
  }
}

TEST_CASE("rocks sampling: old throughput goes", "[rocks][sampling]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  SamplingStore& store = *owner->sampling_store();
  REQUIRE(store.InsertThroughput({{"a", "b", 1, {}}}, kTestTime).ok());
  REQUIRE(store.InsertThroughput({{"a", "b", 1, {}}}, kTestTime + std::chrono::hours(25)).ok());
  CHECK(store.GetThroughput(kMinTime, kMaxTime)->size() == 1);
}

TEST_CASE("rocks sampling: the latest probabilities count", "[rocks][sampling]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  SamplingStore& store = *owner->sampling_store();
  CHECK_FALSE(store.GetLatestProbabilities()->has_value());
  const OperationFigures newer{{"shop", {{"GET /", 0.5}, {"", 0.25}}}};
  const OperationFigures older{{"shop", {{"GET /", 0.1}}}};
  REQUIRE(store.InsertProbabilities("host", newer, older, kTestTime).ok());
  REQUIRE(store.InsertProbabilities("host", older, older, kTestTime - kMinute).ok());
  CHECK(**store.GetLatestProbabilities() == newer);
}

TEST_CASE("rocks sampling: a lease has one holder until it runs out", "[rocks][sampling]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  SamplingStore& store = *owner->sampling_store();
  CHECK(*store.AcquireLease("leader", "a", std::chrono::seconds(60)));
  CHECK_FALSE(*store.AcquireLease("leader", "b", std::chrono::seconds(60)));
  CHECK(*store.AcquireLease("other", "b", std::chrono::seconds(60)));
  rocks.clock.Advance(std::chrono::seconds(30));
  CHECK(*store.AcquireLease("leader", "a", std::chrono::seconds(60)));
  rocks.clock.Advance(std::chrono::seconds(59));
  CHECK_FALSE(*store.AcquireLease("leader", "b", std::chrono::seconds(60)));
  rocks.clock.Advance(std::chrono::seconds(1));
  CHECK(*store.AcquireLease("leader", "b", std::chrono::seconds(60)));
  REQUIRE(store.ReleaseLease("leader", "a").ok());  // not its own any more
  CHECK_FALSE(*store.AcquireLease("leader", "a", std::chrono::seconds(60)));
  REQUIRE(store.ReleaseLease("leader", "b").ok());
  CHECK(*store.AcquireLease("leader", "a", std::chrono::seconds(60)));
}

}  // namespace
}  // namespace pugmark::rocks
