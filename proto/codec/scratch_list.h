// Lists whose length is known only at their end, as protobuf's repeated fields: gathered on a
// per-thread stack, then copied once into the batch's arena. The stacks keep their memory, so that
// decoding settles at no heap allocation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/model/arena.h"

namespace pugmark {

// The stack of one type on this thread. A decoder holds one for as long as it runs.
template <typename T>
class ScratchStack {
 public:
  ScratchStack() : items_(OfThread()) {}
  ~ScratchStack() {
    if (items_.empty() && items_.capacity() > kMostKept) {
      std::vector<T>().swap(items_);  // after an unusually large message
    }
  }
  ScratchStack(const ScratchStack&) = delete;
  ScratchStack& operator=(const ScratchStack&) = delete;

 private:
  template <typename>
  friend class ScratchList;
  static constexpr std::size_t kMostKept = (std::size_t{1} << 20) / sizeof(T);

  static std::vector<T>& OfThread() {
    static thread_local std::vector<T> items;
    return items;
  }

  std::vector<T>& items_;
};

// A list on a stack. Lists of one stack end in the reverse order of their beginnings, and while one
// lives only the youngest grows.
template <typename T>
class ScratchList {
 public:
  ScratchList(ScratchStack<T>& stack, std::size_t limit)
      : items_(stack.items_), base_(items_.size()), limit_(limit) {}
  ~ScratchList() { items_.resize(base_); }
  ScratchList(const ScratchList&) = delete;
  ScratchList& operator=(const ScratchList&) = delete;

  // Drops and counts what is beyond the limit.
  void Add(const T& item) {
    if (items_.size() - base_ < limit_) [[likely]] {
      items_.push_back(item);
    } else {
      ++dropped_;
    }
  }
  void Clear() {
    items_.resize(base_);
    dropped_ = 0;
  }
  [[nodiscard]] T& At(std::size_t index) { return items_[base_ + index]; }
  [[nodiscard]] std::size_t size() const { return items_.size() - base_; }
  [[nodiscard]] std::uint32_t dropped() const { return dropped_; }
  // Valid until the next Add to a list of this stack.
  [[nodiscard]] std::span<const T> items() const { return {items_.data() + base_, size()}; }
  // The items so far, in the arena; shorter than size() only when the arena is full.
  [[nodiscard]] std::span<T> CopyTo(Arena& arena) const {
    return arena.Copy(std::span<T>(items_.data() + base_, size()));
  }

 private:
  std::vector<T>& items_;
  const std::size_t base_;
  const std::size_t limit_;
  std::uint32_t dropped_ = 0;
};

}  // namespace pugmark
