// A hash map for the hot path: open addressing in one array, no allocation once it has grown, and
// Clear() keeps what it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pugmark::rocks {

// `Hash` mixes well: the low bits of its result choose the slot.
template <typename Key, typename Value, typename Hash>
class FlatMap {
 public:
  // The value of `key` and whether it was new; a new one is value-initialised. The reference is
  // good until the next call.
  std::pair<Value&, bool> Insert(const Key& key) {
    if ((size_ + 1) * 2 > slots_.size()) {
      Grow();
    }
    Slot& slot = slots_[Find(slots_, key)];
    if (slot.round == round_) {
      return {slot.value, false};
    }
    slot.round = round_;
    slot.key = key;
    slot.value = Value{};
    ++size_;
    return {slot.value, true};
  }

  [[nodiscard]] const Value* Get(const Key& key) const {
    if (slots_.empty()) {
      return nullptr;
    }
    const Slot& slot = slots_[Find(slots_, key)];
    return slot.round == round_ ? &slot.value : nullptr;
  }

  void Clear() {
    size_ = 0;
    if (++round_ == 0) {  // wrapped: old slots would look occupied
      slots_.clear();
      round_ = 1;
    }
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

  template <typename F>
  void ForEach(F&& use) const {
    for (const Slot& slot : slots_) {
      if (slot.round == round_) {
        use(slot.key, slot.value);
      }
    }
  }

 private:
  static constexpr std::size_t kFirstSlots = 64;  // a power of two

  struct Slot {
    Key key{};
    Value value{};
    std::uint32_t round = 0;  // occupied when equal to round_
  };

  // The slot of `key`, or the free one where it belongs. There is always a free one.
  std::size_t Find(const std::vector<Slot>& slots, const Key& key) const {
    const std::size_t mask = slots.size() - 1;
    std::size_t at = static_cast<std::size_t>(Hash{}(key)) & mask;
    while (slots[at].round == round_ && !(slots[at].key == key)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  void Grow() {
    std::vector<Slot> grown(slots_.empty() ? kFirstSlots : slots_.size() * 2);
    for (Slot& slot : slots_) {
      if (slot.round == round_) {
        grown[Find(grown, slot.key)] = std::move(slot);
      }
    }
    slots_ = std::move(grown);
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::uint32_t round_ = 1;
};

// Spreads the bits of a number that may be anything, such as a pointer.
struct MixBits {
  std::uint64_t operator()(std::uint64_t value) const noexcept {
    value *= 0x9e3779b97f4a7c15U;
    return value ^ (value >> 32);
  }
};

}  // namespace pugmark::rocks
