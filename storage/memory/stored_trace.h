// Spans as the memory backend holds them: one copy per written batch, and traces that point into
// the copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "common/base/time.h"
#include "common/model/arena.h"
#include "common/model/span.h"
#include "storage/memory/span_set.h"

namespace pugmark {

// The copy of one written batch: spans of the same trace lie side by side. Immutable once a trace
// holds it.
struct StoredBatch {
  explicit StoredBatch(std::size_t arena_bytes) : arena(arena_bytes) {}

  Arena arena;
  std::span<Span> spans;
  std::size_t bytes = 0;      // accounted for it
  std::size_t fragments = 0;  // stored traces that hold it; guarded by the table's lock
};

// What one batch added to a trace.
struct Fragment {
  std::shared_ptr<StoredBatch> batch;
  std::span<const Span> spans;
};

class StoredTrace;
class TimeIndex;

// The spans that a trace had at one moment. It keeps them alive whatever becomes of the trace.
class TraceView {
 public:
  TraceView() = default;

  [[nodiscard]] TraceId trace_id() const;
  [[nodiscard]] UnixTime start() const { return start_; }          // of the earliest span
  [[nodiscard]] UnixTime newest_start() const { return newest_; }  // of the latest span
  [[nodiscard]] UnixTime end() const { return end_; }              // of the span that ends last
  [[nodiscard]] std::span<const Fragment* const> fragments() const { return fragments_; }

  template <typename Use>
  void ForEachSpan(const Use& use) const {
    for (const Fragment* const fragment : fragments_) {
      for (const Span& span : fragment->spans) {
        use(span);
      }
    }
  }

 private:
  friend class StoredTrace;

  std::shared_ptr<const StoredTrace> trace_;
  std::vector<const Fragment*> fragments_;
  UnixTime start_;
  UnixTime newest_;
  UnixTime end_;
};

// A trace of the store. Fragments are only ever added.
//
// Thread safety: View may be called at any time; everything else belongs to the table and its lock.
class StoredTrace : public std::enable_shared_from_this<StoredTrace> {
 public:
  StoredTrace(TraceId trace_id, std::uint64_t number) : trace_id_(trace_id), number_(number) {}

  [[nodiscard]] TraceId trace_id() const { return trace_id_; }
  // Grows with each trace that the store took in.
  [[nodiscard]] std::uint64_t number() const { return number_; }

  [[nodiscard]] TraceView View() const;

  // False where the trace has the very same span.
  bool InsertSpan(const Span& span, std::uint64_t hash) { return spans_.Insert(span, hash); }
  void Append(Fragment fragment);

  [[nodiscard]] std::size_t span_count() const { return spans_.size(); }
  [[nodiscard]] const std::vector<std::unique_ptr<const Fragment>>& fragments() const {
    return fragments_;
  }

  // An index that the trace is in, and the start of its newest span there: its place in the index.
  struct Place {
    TimeIndex* index;
    UnixTime newest;
  };
  std::vector<Place>& places() { return places_; }

 private:
  const TraceId trace_id_;
  const std::uint64_t number_;
  SpanSet spans_;
  std::vector<Place> places_;

  mutable std::mutex mutex_;  // guards what follows
  std::vector<std::unique_ptr<const Fragment>> fragments_;
  UnixTime start_ = kMaxTime;
  UnixTime newest_ = kMinTime;
  UnixTime end_ = kMinTime;
};

}  // namespace pugmark
