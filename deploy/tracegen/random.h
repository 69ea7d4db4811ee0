// A small random stream whose numbers are the same on every machine (splitmix64, Steele et al.
// 2014).
#pragma once

#include <cstddef>
#include <cstdint>

namespace pugmark::tracegen {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  // A stream of its own for each pair.
  Random(std::uint64_t seed, std::uint64_t stream) : state_(seed) {
    state_ = Next() ^ (stream * 0x9e3779b97f4a7c15U);
  }

  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  // 0 <= result < `limit`; limit is positive. The bias of the remainder does not matter here.
  std::size_t Below(std::size_t limit) { return Next() % limit; }
  // True for one in `n`.
  bool OneIn(std::size_t n) { return Below(n) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace pugmark::tracegen
