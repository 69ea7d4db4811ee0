#include "agent/reporter/outgoing_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pugmark {

void OutgoingQueue::Add(MessagePtr message, SteadyClock::time_point give_up_at) {
  held_bytes_ += message->held_bytes();
  message->give_up_at = give_up_at;
  ready_.push_back(std::move(message));
}

const OutgoingMessage* OutgoingQueue::next() const {
  if (ready_.empty()) {
    return nullptr;
  }
  const OutgoingMessage* const message = ready_.front().get();
  const bool fits =
      calls_ < limits_.calls && spans_under_way_ + message->span_count() <= limits_.spans;
  return fits || calls_ == 0 ? message : nullptr;
}

OutgoingQueue::MessagePtr OutgoingQueue::StartNext(std::size_t collector) {
  MessagePtr message = std::move(ready_.front());
  ready_.pop_front();
  message->last_collector = collector;
  ++message->attempts;
  ++calls_;
  spans_under_way_ += message->span_count();
  return message;
}

void OutgoingQueue::EndCall(const OutgoingMessage& message) {
  --calls_;
  spans_under_way_ -= message.span_count();
}

void OutgoingQueue::End(const OutgoingMessage& message) {
  EndCall(message);
  held_bytes_ -= message.held_bytes();
}

void OutgoingQueue::Retry(MessagePtr message, SteadyClock::time_point due) {
  EndCall(*message);
  message->due = due;
  retries_.push_back(std::move(message));
}

void OutgoingQueue::AddDueRetries(SteadyClock::time_point now, SteadyClock::time_point give_up_at) {
  const auto due = std::stable_partition(retries_.begin(), retries_.end(),
                                         [now](const MessagePtr& m) { return m->due > now; });
  for (auto message = due; message != retries_.end(); ++message) {
    (*message)->give_up_at = give_up_at;
    ready_.push_back(std::move(*message));
  }
  retries_.erase(due, retries_.end());
}

std::optional<OutgoingQueue::SteadyClock::time_point> OutgoingQueue::next_retry() const {
  const auto first =
      std::min_element(retries_.begin(), retries_.end(),
                       [](const MessagePtr& a, const MessagePtr& b) { return a->due < b->due; });
  return first == retries_.end() ? std::nullopt : std::optional((*first)->due);
}

void OutgoingQueue::GiveUpBy(SteadyClock::time_point latest) {
  for (const MessagePtr& message : ready_) {
    message->give_up_at = std::min(message->give_up_at, latest);
  }
}

std::vector<OutgoingQueue::MessagePtr> OutgoingQueue::TakeExpired(SteadyClock::time_point now) {
  std::vector<MessagePtr> expired;
  std::deque<MessagePtr> kept;
  for (MessagePtr& message : ready_) {
    if (message->give_up_at > now) {
      kept.push_back(std::move(message));
    } else {
      held_bytes_ -= message->held_bytes();
      expired.push_back(std::move(message));
    }
  }
  ready_.swap(kept);
  return expired;
}

std::vector<OutgoingQueue::MessagePtr> OutgoingQueue::TakeAll() {
  std::vector<MessagePtr> taken = std::exchange(retries_, {});
  std::move(ready_.begin(), ready_.end(), std::back_inserter(taken));
  ready_.clear();
  for (const MessagePtr& message : taken) {
    held_bytes_ -= message->held_bytes();
  }
  return taken;
}

}  // namespace pugmark
