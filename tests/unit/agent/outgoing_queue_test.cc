#include "agent/reporter/outgoing_queue.h"

#include <catch2/catch.hpp>

namespace pugmark {
namespace {

using SteadyClock = OutgoingQueue::SteadyClock;
using MessagePtr = OutgoingQueue::MessagePtr;
using std::chrono::seconds;

constexpr SteadyClock::time_point kNow{seconds(1000)};
constexpr SteadyClock::time_point kFarAway{seconds(9000)};

MessagePtr Message(std::size_t spans) {
  auto message = std::make_unique<OutgoingMessage>("process", SourceFormat::kJaeger, kNow);
  message->Append("spans", spans);
  message->Close();
  return message;
}

}  // namespace

TEST_CASE("outgoing queue: messages leave in order while calls are free", "[agent]") {
  OutgoingQueue queue({2, 100});
  for (const std::size_t spans : {1U, 2U, 3U}) {
    queue.Add(Message(spans), kFarAway);
  }
  CHECK(queue.waiting() == 3);
  REQUIRE(queue.next() != nullptr);
  const MessagePtr first = queue.StartNext(7);
  CHECK(first->span_count() == 1);
  CHECK(first->attempts == 1);
  CHECK(first->last_collector == std::optional<std::size_t>(7));
  const MessagePtr second = queue.StartNext(0);
  CHECK(second->span_count() == 2);
  CHECK(queue.spans_under_way() == 3);
  CHECK(queue.next() == nullptr);
  queue.End(*first);
  REQUIRE(queue.next() != nullptr);
  CHECK(queue.next()->span_count() == 3);
}

TEST_CASE("outgoing queue: spans under way are bounded", "[agent]") {
  OutgoingQueue queue({10, 100});
  queue.Add(Message(60), kFarAway);
  queue.Add(Message(50), kFarAway);
  const MessagePtr first = queue.StartNext(0);
  CHECK(queue.next() == nullptr);
  queue.End(*first);
  CHECK(queue.next() != nullptr);
}

TEST_CASE("outgoing queue: a message beyond the bound goes by itself", "[agent]") {
  OutgoingQueue queue({10, 100});
  queue.Add(Message(1), kFarAway);
  queue.Add(Message(500), kFarAway);
  const MessagePtr small = queue.StartNext(0);
  CHECK(queue.next() == nullptr);
  queue.End(*small);
  REQUIRE(queue.next() != nullptr);
  const MessagePtr large = queue.StartNext(0);
  CHECK(large->span_count() == 500);
}

TEST_CASE("outgoing queue: a retry waits until it is due", "[agent]") {
  OutgoingQueue queue({10, 100});
  queue.Add(Message(5), kFarAway);
  queue.Retry(queue.StartNext(3), kNow + seconds(2));
  CHECK(queue.calls() == 0);
  CHECK(queue.spans_under_way() == 0);
  CHECK(queue.waiting() == 1);
  CHECK(queue.next() == nullptr);
  CHECK(queue.next_retry() == std::optional(kNow + seconds(2)));
  queue.AddDueRetries(kNow + seconds(1), kFarAway);
  CHECK(queue.next() == nullptr);
  queue.AddDueRetries(kNow + seconds(2), kFarAway);
  REQUIRE(queue.next() != nullptr);
  CHECK(queue.next()->last_collector == std::optional<std::size_t>(3));
  CHECK_FALSE(queue.next_retry().has_value());
  CHECK(queue.StartNext(0)->attempts == 2);
}

TEST_CASE("outgoing queue: the earliest retry is named", "[agent]") {
  OutgoingQueue queue({10, 100});
  for (const int due : {5, 2, 9}) {
    queue.Add(Message(1), kFarAway);
    queue.Retry(queue.StartNext(0), kNow + seconds(due));
  }
  CHECK(queue.next_retry() == std::optional(kNow + seconds(2)));
}

TEST_CASE("outgoing queue: what has waited too long expires, and no more", "[agent]") {
  OutgoingQueue queue({10, 100});
  queue.Add(Message(1), kNow + seconds(1));
  queue.Add(Message(2), kNow + seconds(3));
  queue.Add(Message(3), kNow + seconds(1));
  const auto expired = queue.TakeExpired(kNow + seconds(1));
  REQUIRE(expired.size() == 2);
  CHECK(expired[1]->span_count() == 3);
  CHECK(queue.waiting() == 1);
  SECTION("a nearer end for all") {
    queue.GiveUpBy(kNow + seconds(2));
    CHECK(queue.TakeExpired(kNow + seconds(2)).size() == 1);
  }
  SECTION("a farther end changes nothing") {
    queue.GiveUpBy(kFarAway);
    CHECK(queue.TakeExpired(kNow + seconds(3)).size() == 1);
  }
}

TEST_CASE("outgoing queue: held bytes are those of all messages that are not gone", "[agent]") {
  OutgoingQueue queue({10, 100});
  const std::size_t one = Message(1)->held_bytes();
  for (int i = 0; i < 4; ++i) {
    queue.Add(Message(1), kNow + seconds(i));
  }
  CHECK(queue.held_bytes() == 4 * one);
  const MessagePtr ended = queue.StartNext(0);
  CHECK(queue.held_bytes() == 4 * one);
  queue.End(*ended);
  CHECK(queue.held_bytes() == 3 * one);
  CHECK(queue.TakeExpired(kNow + seconds(1)).size() == 1);
  CHECK(queue.held_bytes() == 2 * one);
  queue.Retry(queue.StartNext(0), kFarAway);
  CHECK_FALSE(queue.is_empty());
  CHECK(queue.TakeAll().size() == 2);
  CHECK(queue.held_bytes() == 0);
  CHECK(queue.is_empty());
}

}  // namespace pugmark
