// How many spans a queue may hold so that they take a given number of bytes:
// --collector.queue-size-memory (reference 2.6, dynamic queue).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pugmark {

// Thread safety: all methods may be called concurrently.
class QueueSizer {
 public:
  // Nothing is recommended before `warm_up_spans` were seen.
  QueueSizer(std::size_t memory_bytes, std::size_t warm_up_spans)
      : memory_bytes_(memory_bytes), warm_up_spans_(warm_up_spans) {}

  void Add(std::size_t spans, std::size_t bytes) {
    spans_.fetch_add(spans, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }

  // The size that the queue should have: `current` while the ideal one is within a fifth of it.
  [[nodiscard]] std::size_t Recommend(std::size_t current) const;

 private:
  const std::size_t memory_bytes_;
  const std::size_t warm_up_spans_;
  std::atomic<std::uint64_t> spans_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace pugmark
