// The messages between their last span and their end: those that wait for a call, those under way,
// and those that wait for another attempt.
//
// Thread safety: one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "agent/reporter/outgoing_message.h"

namespace pugmark {

class OutgoingQueue {
 public:
  using SteadyClock = OutgoingMessage::SteadyClock;
  using MessagePtr = std::unique_ptr<OutgoingMessage>;

  // Of what is under way at once. A message with more spans than that goes by itself.
  struct Limits {
    std::size_t calls;
    std::size_t spans;
  };
  explicit OutgoingQueue(Limits limits) : limits_(limits) {}

  // Takes a closed message. It waits until `give_up_at` for a connection.
  void Add(MessagePtr message, SteadyClock::time_point give_up_at);
  // The message whose turn it is; null when none waits or as much as allowed is under way.
  [[nodiscard]] const OutgoingMessage* next() const;
  // Takes that message out for a call to `collector`. End or Retry follows.
  MessagePtr StartNext(std::size_t collector);
  // The call of `message` has ended, and so has the message.
  void End(const OutgoingMessage& message);
  // The call has ended; another attempt is due at `due`.
  void Retry(MessagePtr message, SteadyClock::time_point due);

  // Messages whose next attempt is due wait for a call again.
  void AddDueRetries(SteadyClock::time_point now, SteadyClock::time_point give_up_at);
  // When the next attempt is due; nothing when there is none.
  [[nodiscard]] std::optional<SteadyClock::time_point> next_retry() const;
  // No message waits for a connection longer than until `latest`.
  void GiveUpBy(SteadyClock::time_point latest);
  // Removes what has waited too long for a connection.
  std::vector<MessagePtr> TakeExpired(SteadyClock::time_point now);
  // Removes all that is not under way.
  std::vector<MessagePtr> TakeAll();

  // Whether nothing waits and nothing is under way.
  [[nodiscard]] bool is_empty() const { return waiting() == 0 && calls_ == 0; }
  [[nodiscard]] std::size_t waiting() const { return ready_.size() + retries_.size(); }
  [[nodiscard]] std::size_t calls() const { return calls_; }
  [[nodiscard]] std::size_t spans_under_way() const { return spans_under_way_; }
  // Of all messages, those under way too.
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }

 private:
  void EndCall(const OutgoingMessage& message);

  const Limits limits_;
  std::deque<MessagePtr> ready_;
  std::vector<MessagePtr> retries_;
  std::size_t calls_ = 0;
  std::size_t spans_under_way_ = 0;
  std::size_t held_bytes_ = 0;
};

}  // namespace pugmark
