// The distinct spans of a trace, found by their hash: what makes a repeated span count once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/model/span.h"

namespace pugmark {

// Open addressing, at most half full: one allocation for many spans.
class SpanSet {
 public:
  // What each span costs, counted generously.
  static constexpr std::size_t kBytesPerSpan = 4 * (sizeof(std::uint64_t) + sizeof(void*));

  // `hash` is HashSpan(span). The span stays where it is. False where an equal one is there.
  bool Insert(const Span& span, std::uint64_t hash) {
    if (2 * (size_ + 1) > slots_.size()) {
      Grow();
    }
    Slot* const slot = Find(span, hash);
    if (slot->span != nullptr) {
      return false;
    }
    *slot = {hash, &span};
    ++size_;
    return true;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    const Span* span = nullptr;
  };

  Slot* Find(const Span& span, std::uint64_t hash) {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].span != nullptr &&
           !(slots_[at].hash == hash && SameSpan(*slots_[at].span, span))) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return &slots_[at];
  }

  void Grow() {
    std::vector<Slot> old(slots_.empty() ? 8 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.span != nullptr) {
        std::size_t at = slot.hash & (slots_.size() - 1);
        while (slots_[at].span != nullptr) {
          at = (at + 1) & (slots_.size() - 1);
        }
        slots_[at] = slot;
      }
    }
  }

  std::vector<Slot> slots_;  // a power of two
  std::size_t size_ = 0;
};

}  // namespace pugmark
