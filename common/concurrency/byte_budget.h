// The bytes that a process may hold for spans in flight: charged before a body is read, given back
// when its batch is freed (design section 13).
//
// Thread safety: all methods may be called concurrently. The budget outlives its charges.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "common/model/span_batch.h"

namespace pugmark {

class ByteBudget {
 public:
  explicit ByteBudget(std::size_t limit_bytes) : limit_(limit_bytes) {}

  // What a process may use by default: a quarter of its memory limit (cgroup or machine), at most
  // 256 MiB.
  static std::size_t DefaultLimitBytes();

  // Takes `bytes`, to be given back when the charge is freed; null when they do not fit.
  [[nodiscard]] std::unique_ptr<ByteCharge> TryCharge(std::size_t bytes);

  [[nodiscard]] std::size_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t limit_bytes() const { return limit_; }
  [[nodiscard]] std::size_t refusals() const { return refusals_.load(std::memory_order_relaxed); }

 private:
  class Charge;
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> refusals_{0};
};

}  // namespace pugmark
