// How long blocks are kept.
#pragma once

#include <algorithm>

#include "common/base/time.h"
#include "storage/rocks/keys.h"

namespace pugmark::rocks {

class Retention {
 public:
  // `ttl` counts from when a block was written; 0: for ever. The clock outlives this.
  Retention(Nanoseconds ttl, const Clock& clock) : ttl_(ttl), clock_(clock) {}

  // Blocks with smaller ids are expired: no reader shows them, and their rows are dropped.
  [[nodiscard]] BlockId OldestKept() const {
    return ttl_.count() == 0 ? 0 : FirstBlockIdAt(AddSaturating(clock_.Now(), -ttl_));
  }
  // How much longer than its spans a service may stay listed.
  [[nodiscard]] Nanoseconds CatalogRefresh() const {
    constexpr Nanoseconds kMost = std::chrono::hours(24);
    constexpr Nanoseconds kLeast = std::chrono::minutes(1);
    return ttl_.count() == 0 ? kMost : std::clamp(ttl_ / 8, kLeast, kMost);
  }

 private:
  const Nanoseconds ttl_;
  const Clock& clock_;
};

}  // namespace pugmark::rocks
