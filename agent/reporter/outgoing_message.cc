#include "agent/reporter/outgoing_message.h"

#include <cstdint>
#include <utility>

namespace pugmark {
namespace {

// Tag and length of PostSpansRequest.batch (collector.proto, field 1).
std::string BatchHead(std::size_t length) {
  std::string head = "\x0a";
  std::uint64_t rest = length;
  for (; rest >= 0x80; rest >>= 7) {
    head += static_cast<char>(rest | 0x80);
  }
  head += static_cast<char>(rest);
  return head;
}

}  // namespace

void OutgoingMessage::Append(std::string_view encoded_spans, std::size_t count) {
  spans_ += encoded_spans;
  span_count_ += count;
  ++batch_count_;
  held_bytes_ += encoded_spans.size();
}

void OutgoingMessage::Close() {
  const std::size_t length = spans_.size() + process_.size();
  pieces_ = {std::make_shared<const std::string>(BatchHead(length)),
             std::make_shared<const std::string>(std::move(spans_)),
             std::make_shared<const std::string>(std::move(process_))};
}

std::unique_ptr<OutgoingMessage> OpenMessages::Add(std::string_view process,
                                                   std::string_view encoded_spans,
                                                   std::size_t count, SourceFormat format,
                                                   SteadyClock::time_point now) {
  ByProcess& table = TableOf(format);
  auto found = table.find(process);
  if (found == table.end()) {
    by_age_.push_back(std::make_unique<OutgoingMessage>(process, format, now));
    found = table.emplace(by_age_.back()->process(), std::prev(by_age_.end())).first;
    held_bytes_ += by_age_.back()->held_bytes();
  }
  OutgoingMessage& message = **found->second;
  message.Append(encoded_spans, count);
  held_bytes_ += encoded_spans.size();
  const bool full = message.span_count() >= kFullSpans || message.held_bytes() >= kFullBytes;
  return full ? Take(found->second) : nullptr;
}

std::optional<OpenMessages::SteadyClock::time_point> OpenMessages::oldest() const {
  return by_age_.empty() ? std::nullopt : std::optional(by_age_.front()->opened);
}

std::unique_ptr<OutgoingMessage> OpenMessages::TakeOldest() { return Take(by_age_.begin()); }

std::unique_ptr<OutgoingMessage> OpenMessages::Take(ByAge::iterator entry) {
  std::unique_ptr<OutgoingMessage> message = std::move(*entry);
  TableOf(message->format).erase(message->process());
  by_age_.erase(entry);
  held_bytes_ -= message->held_bytes();
  message->Close();
  return message;
}

}  // namespace pugmark
