#include "common/model/arena.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

namespace pugmark {

struct alignas(16) Arena::Chunk {
  Chunk* next;
  std::size_t bytes;  // with this header

  [[nodiscard]] char* begin() { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] char* end() { return reinterpret_cast<char*>(this) + bytes; }
};

// Keeps a few chunks of the usual sizes per thread. A batch may be freed on another thread than the
// one that decoded it: the chunks then change pools, which the bound keeps harmless.
class ChunkPool {
 public:
  ~ChunkPool() {
    while (free_ != nullptr) {
      std::free(std::exchange(free_, free_->next));
    }
  }

  Arena::Chunk* Take(std::size_t bytes) {
    for (Arena::Chunk** link = &free_; *link != nullptr; link = &(*link)->next) {
      if ((*link)->bytes == bytes) {
        Arena::Chunk* const chunk = *link;
        *link = chunk->next;
        held_ -= bytes;
        return chunk;
      }
    }
    return static_cast<Arena::Chunk*>(std::malloc(bytes));
  }

  void Give(Arena::Chunk* chunk) {
    if (!IsUsual(chunk->bytes) || held_ + chunk->bytes > kMostHeldBytes) {
      std::free(chunk);
      return;
    }
    chunk->next = free_;
    free_ = chunk;
    held_ += chunk->bytes;
  }

  static ChunkPool& OfThread() {
    static thread_local ChunkPool pool;
    return pool;
  }

 private:
  static constexpr std::size_t kMostHeldBytes = std::size_t{512} << 10;

  // A chunk of any other size would hardly ever be asked for again.
  static bool IsUsual(std::size_t bytes) {
    return std::has_single_bit(bytes) && bytes >= Arena::kFirstChunkBytes &&
           bytes <= Arena::kLargestChunkBytes;
  }

  Arena::Chunk* free_ = nullptr;
  std::size_t held_ = 0;
};

Arena::~Arena() {
  ChunkPool& pool = ChunkPool::OfThread();
  while (chunks_ != nullptr) {
    Chunk* const chunk = chunks_;
    chunks_ = chunk->next;
    pool.Give(chunk);
  }
}

void* Arena::AllocateSlow(std::size_t bytes, std::size_t alignment) {
  const std::size_t usual =
      chunks_ == nullptr ? kFirstChunkBytes : std::min(chunks_->bytes * 2, kLargestChunkBytes);
  const std::size_t needed = bytes + sizeof(Chunk) + alignment;
  std::size_t take = std::max(needed, usual);
  if (take > limit_ - reserved_) {
    take = needed;  // near the limit: only what is asked for
  }
  return bytes <= limit_ && AddChunk(take) ? AllocateBytes(bytes, alignment) : nullptr;
}

bool Arena::AddChunk(std::size_t bytes) {
  Chunk* const chunk = bytes > limit_ - reserved_ ? nullptr : ChunkPool::OfThread().Take(bytes);
  if (chunk == nullptr) {
    exhausted_ = true;
    return false;
  }
  chunk->next = chunks_;
  chunk->bytes = bytes;
  chunks_ = chunk;
  reserved_ += bytes;
  next_ = chunk->begin();
  end_ = chunk->end();
  return true;
}

bool Arena::Reserve(std::size_t bytes) {
  static_assert(sizeof(Chunk) == kChunkOverhead);
  return bytes <= limit_ && AddChunk(bytes + kChunkOverhead);
}

}  // namespace pugmark
