// A PostSpansRequest in the making: spans of one process, from one or many batches.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/reporter/collector_client.h"
#include "common/model/span.h"

namespace pugmark {

class OutgoingMessage {
 public:
  using SteadyClock = std::chrono::steady_clock;

  // `process` is the encoded field Batch.process.
  OutgoingMessage(std::string_view process, SourceFormat source_format, SteadyClock::time_point now)
      : opened(now),
        format(source_format),
        process_(process),
        held_bytes_(kOverheadBytes + process.size()) {}

  // Adds a batch: its spans as encoded fields Batch.spans.
  void Append(std::string_view encoded_spans, std::size_t count);
  // Makes the whole message of its parts, without copying the spans. Called once, after the last
  // Append.
  void Close();

  [[nodiscard]] std::string_view process() const { return process_; }
  [[nodiscard]] const MessagePieces& pieces() const { return pieces_; }
  [[nodiscard]] std::size_t span_count() const { return span_count_; }
  [[nodiscard]] std::size_t batch_count() const { return batch_count_; }
  // What it counts for in the reporter's bound.
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }

  const SteadyClock::time_point opened;
  const SourceFormat format;

  // For the reporter, once closed.
  int attempts = 0;
  std::optional<std::size_t> last_collector;
  SteadyClock::time_point due;         // of the next attempt
  SteadyClock::time_point give_up_at;  // when no collector is connected until then

 private:
  static constexpr std::size_t kOverheadBytes = 1024;  // strings and table entries, roughly

  std::string process_;
  std::string spans_;
  MessagePieces pieces_;
  std::size_t span_count_ = 0;
  std::size_t batch_count_ = 0;
  std::size_t held_bytes_;
};

// The messages that still take spans, by process, oldest first.
//
// Thread safety: one thread at a time.
class OpenMessages {
 public:
  using SteadyClock = OutgoingMessage::SteadyClock;

  // A message is full, and leaves, with this much.
  static constexpr std::size_t kFullSpans = 512;
  static constexpr std::size_t kFullBytes = std::size_t{1} << 20;

  // Adds a batch to the message of its process. Returns the message, closed, when it is full.
  std::unique_ptr<OutgoingMessage> Add(std::string_view process, std::string_view encoded_spans,
                                       std::size_t count, SourceFormat format,
                                       SteadyClock::time_point now);
  // When the oldest was opened; nothing when there is none.
  [[nodiscard]] std::optional<SteadyClock::time_point> oldest() const;
  // The oldest, closed. Called only when there is one.
  std::unique_ptr<OutgoingMessage> TakeOldest();
  [[nodiscard]] std::size_t size() const { return by_age_.size(); }
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }

 private:
  using ByAge = std::list<std::unique_ptr<OutgoingMessage>>;
  // Keys lie in their messages.
  using ByProcess = std::unordered_map<std::string_view, ByAge::iterator>;

  ByProcess& TableOf(SourceFormat format) {
    return format == SourceFormat::kZipkin ? zipkin_ : jaeger_;
  }
  std::unique_ptr<OutgoingMessage> Take(ByAge::iterator entry);

  ByAge by_age_;
  ByProcess jaeger_;
  ByProcess zipkin_;
  std::size_t held_bytes_ = 0;
};

}  // namespace pugmark
