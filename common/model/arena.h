// A bump allocator with byte accounting and a hard limit. Everything in it is trivially
// destructible and freed as a whole. Chunks come from a small per-thread pool, so that decoding
// batch after batch settles at no heap allocation.
//
// Thread safety: one thread at a time; it may be handed over together with its batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace pugmark {

class Arena {
 public:
  static constexpr std::size_t kFirstChunkBytes = std::size_t{64} << 10;
  static constexpr std::size_t kLargestChunkBytes = std::size_t{1} << 20;
  static constexpr std::size_t kChunkOverhead = 16;  // the header of each chunk

  // At most `limit_bytes` are taken from the heap, chunks counted whole.
  explicit Arena(std::size_t limit_bytes) : limit_(limit_bytes) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Takes exactly `bytes` and kChunkOverhead from the heap at once, for contents whose size is
  // known: what fits in them then needs no further chunk. False once the limit is reached.
  bool Reserve(std::size_t bytes);

  // Uninitialised storage for `count` values, aligned for T; null once the limit is reached (or
  // count is 0, where a non-null dangling pointer is of no use to anybody).
  template <typename T>
  [[nodiscard]] T* Allocate(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 16);
    if (count > limit_ / sizeof(T)) {
      exhausted_ = true;
      return nullptr;
    }
    return static_cast<T*>(AllocateBytes(count * sizeof(T), alignof(T)));
  }

  // A copy of `values` in the arena. Empty when `values` is, and when the limit is reached: compare
  // the sizes.
  template <typename T>
  [[nodiscard]] std::span<std::remove_const_t<T>> Copy(std::span<T> values) {
    using Mutable = std::remove_const_t<T>;
    static_assert(std::is_trivially_copyable_v<Mutable>);
    Mutable* const copy = values.empty() ? nullptr : Allocate<Mutable>(values.size());
    if (copy == nullptr) {
      return {};
    }
    std::memcpy(static_cast<void*>(copy), values.data(), values.size_bytes());
    return {copy, values.size()};
  }
  // As above, for text.
  [[nodiscard]] std::string_view CopyText(std::string_view text) {
    const auto copy = Copy(std::span<const char>(text.data(), text.size()));
    return {copy.data(), copy.size()};
  }

  // Heap bytes held now.
  [[nodiscard]] std::size_t bytes_reserved() const { return reserved_; }
  [[nodiscard]] std::size_t limit_bytes() const { return limit_; }
  // True once an allocation was refused for the limit.
  [[nodiscard]] bool exhausted() const { return exhausted_; }

 private:
  struct Chunk;
  friend class ChunkPool;

  void* AllocateBytes(std::size_t bytes, std::size_t alignment) {
    const auto at = (reinterpret_cast<std::uintptr_t>(next_) + alignment - 1) & ~(alignment - 1);
    const auto end = reinterpret_cast<std::uintptr_t>(end_);
    if (next_ == nullptr || at > end || bytes > end - at) [[unlikely]] {
      return AllocateSlow(bytes, alignment);
    }
    next_ = reinterpret_cast<char*>(at) + bytes;
    return reinterpret_cast<void*>(at);
  }
  void* AllocateSlow(std::size_t bytes, std::size_t alignment);
  bool AddChunk(std::size_t bytes);

  const std::size_t limit_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  Chunk* chunks_ = nullptr;
  std::size_t reserved_ = 0;
  bool exhausted_ = false;
};

}  // namespace pugmark
