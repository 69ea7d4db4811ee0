// An open-addressing index from hashes to small numbers. What a number stands for lies elsewhere;
// the caller compares. Nothing is ever removed.
//
// Thread safety: as of a container.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pugmark::engine {

inline constexpr std::uint32_t kNotFound = 0xffffffffU;

class HashIndex {
 public:
  // The first number stored under `hash` for which `same(number)` holds, or kNotFound.
  template <typename Same>
  [[nodiscard]] std::uint32_t Find(std::uint64_t hash, Same&& same) const {
    if (slots_.empty()) {
      return kNotFound;
    }
    const std::uint32_t tag = TagOf(hash);
    for (std::size_t at = tag & mask_; slots_[at].number_plus_one != 0; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.tag == tag && same(slot.number_plus_one - 1)) {
        return slot.number_plus_one - 1;
      }
    }
    return kNotFound;
  }

  void Add(std::uint64_t hash, std::uint32_t number) {
    if ((size_ + 1) * 2 > slots_.size()) {
      Grow();
    }
    Place({TagOf(hash), number + 1});
    ++size_;
  }

  [[nodiscard]] std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t number_plus_one = 0;
  };

  // Both halves of the hash: some callers' low bits are poor.
  static std::uint32_t TagOf(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash ^ (hash >> 32));
  }
  void Place(Slot slot) {
    std::size_t at = slot.tag & mask_;
    while (slots_[at].number_plus_one != 0) {
      at = (at + 1) & mask_;
    }
    slots_[at] = slot;
  }
  void Grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.number_plus_one != 0) {
        Place(slot);
      }
    }
  }

  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace pugmark::engine
