// The spans of one request, the wire bytes they were decoded from, and the arena that holds
// everything else. It is made by a receiver, passed from stage to stage by unique_ptr, never
// copied, and freed as a whole.
//
// Thread safety: one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/time.h"
#include "common/model/arena.h"
#include "common/model/span.h"

namespace pugmark {

// How a batch came in; labels of the received and rejected counters.
enum class InboundTransport : std::uint8_t { kUnknown, kGrpc, kHttp, kUdp };

// What a decoder may spend on one message; the defaults are design section 13's.
struct BatchLimits {
  std::size_t max_spans = 65'536;
  std::size_t max_attributes =
      4'096;  // of a span, event, link or resource; further ones are dropped and counted
  std::size_t max_events = 4'096;                      // of a span
  std::size_t max_links = 4'096;                       // of a span
  std::size_t max_value_bytes = std::size_t{1} << 20;  // a longer text value is cut, with a marker
  std::size_t max_arena_bytes = std::size_t{64} << 20;
};

// Gives back what was taken from a byte budget when its batch is freed
// (common/concurrency/byte_budget.h).
class ByteCharge {
 public:
  virtual ~ByteCharge() = default;
};

class SpanBatch {
 public:
  // Takes over the wire bytes; most views of the spans point into them, so they never move again.
  explicit SpanBatch(std::string payload, const BatchLimits& limits = {})
      : payload_(std::move(payload)), limits_(limits), arena_(limits.max_arena_bytes) {}
  SpanBatch(const SpanBatch&) = delete;
  SpanBatch& operator=(const SpanBatch&) = delete;

  [[nodiscard]] std::string_view payload() const { return payload_; }
  [[nodiscard]] const BatchLimits& limits() const { return limits_; }
  [[nodiscard]] Arena& arena() { return arena_; }

  [[nodiscard]] std::span<Span> spans() { return spans_; }
  [[nodiscard]] std::span<const Span> spans() const { return spans_; }
  // Every resource that a span of the batch names, each once.
  [[nodiscard]] std::span<Resource> resources() { return resources_; }
  [[nodiscard]] std::span<const Resource> resources() const { return resources_; }

  // For decoders and builders: both lie in arena().
  void SetContents(std::span<Span> spans, std::span<Resource> resources) {
    spans_ = spans;
    resources_ = resources;
  }
  // Keeps only the first `count` spans: filters compact the kept ones to the front first.
  void Truncate(std::size_t count) { spans_ = spans_.first(count); }

  // A copy of `text` that lives as long as the batch; `text` cut to nothing when the arena is full.
  std::string_view Intern(std::string_view text) { return arena_.CopyText(text); }

  // Wire bytes and arena together: what the batch holds of the process's byte budget.
  [[nodiscard]] std::size_t bytes_held() const {
    return payload_.capacity() + arena_.bytes_reserved();
  }
  void HoldCharge(std::unique_ptr<ByteCharge> charge) { charge_ = std::move(charge); }

  SourceFormat format = SourceFormat::kUnknown;
  InboundTransport transport = InboundTransport::kUnknown;
  UnixTime received_at;
  // Spans that the decoder left out because something in them alone was wrong, as an id of the wrong
  // length.
  std::uint32_t rejected_spans = 0;
  // Texts that were longer than BatchLimits::max_value_bytes.
  std::uint32_t cut_values = 0;

 private:
  const std::string payload_;
  const BatchLimits limits_;
  std::unique_ptr<ByteCharge> charge_;
  Arena arena_;
  std::span<Span> spans_;
  std::span<Resource> resources_;
};

// Appends one attribute to a list that lies in `arena` by copying the list: for the cold paths of
// sanitizers and tags. Unchanged when the arena is full.
void AppendAttribute(Arena& arena, std::span<Attribute>& attributes, const Attribute& attribute);
void AppendWarning(Arena& arena, std::span<std::string_view>& warnings, std::string_view warning);

// What CopySpans of `spans` takes of an arena, never less.
std::size_t CopyBytes(std::span<const Span> spans);

// A deep copy of `spans` into `arena`, texts included; resources and scopes that spans share stay
// shared. Empty when the arena is full.
std::span<Span> CopySpans(Arena& arena, std::span<const Span> spans);

}  // namespace pugmark
