// Lists whose length is known only at their end, as protobuf's repeated fields: gathered on a
// per-thread stack, then copied once into the batch's arena. The stacks keep their memory, so that
// decoding settles at no heap allocation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/model/arena.h"

namespace pugmark {

template <typename T>
class ScratchList {
 public:
  explicit ScratchList(std::size_t limit) : stack_(Stack()), base_(stack_.size()), limit_(limit) {}
  ~ScratchList() { stack_.resize(base_); }
  ScratchList(const ScratchList&) = delete;
  ScratchList& operator=(const ScratchList&) = delete;

  // Drops and counts what is beyond the limit.
  void Add(const T& item) {
    if (stack_.size() - base_ < limit_) {
      stack_.push_back(item);
    } else {
      ++dropped_;
    }
  }
  [[nodiscard]] T& At(std::size_t index) { return stack_[base_ + index]; }
  [[nodiscard]] std::size_t size() const { return stack_.size() - base_; }
  [[nodiscard]] std::uint32_t dropped() const { return dropped_; }
  // Valid until the next Add to a list of this type on this thread.
  [[nodiscard]] std::span<const T> items() const { return {stack_.data() + base_, size()}; }
  // The items so far, in the arena; shorter than size() only when the arena is full.
  [[nodiscard]] std::span<T> CopyTo(Arena& arena) const {
    return arena.Copy(std::span<T>(stack_.data() + base_, size()));
  }

 private:
  static std::vector<T>& Stack() {
    static thread_local std::vector<T> stack;
    return stack;
  }

  std::vector<T>& stack_;
  const std::size_t base_;
  const std::size_t limit_;
  std::uint32_t dropped_ = 0;
};

}  // namespace pugmark
