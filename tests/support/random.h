// SplitMix64: a small generator with a seed and the same numbers everywhere, for tests that must
// repeat.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pugmark::testing {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  // 0 to `bound` - 1; 0 when the bound is 0.
  std::size_t Below(std::size_t bound) { return bound == 0 ? 0 : Next() % bound; }
  // True once in `n` times.
  bool OneIn(std::size_t n) { return Below(n) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace pugmark::testing
