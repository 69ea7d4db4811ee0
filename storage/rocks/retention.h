// How long blocks are shown, and which may be dropped.
#pragma once

#include <algorithm>
#include <atomic>

#include "common/base/time.h"
#include "storage/rocks/keys.h"

namespace pugmark::rocks {

// Thread safety: may be called concurrently.
class Retention {
 public:
  // `ttl` counts from when a block was written; 0: for ever. The clock outlives this.
  Retention(Nanoseconds ttl, const Clock& clock) : ttl_(ttl), clock_(clock) {}

  // Blocks with smaller ids are expired: no reader shows them.
  [[nodiscard]] BlockId OldestKept() const { return OldestKeptAt(clock_.Now()); }

  // Rows of blocks with smaller ids may be dropped: those that were expired at the time that
  // SetConfirmed was told last. None before.
  [[nodiscard]] BlockId DroppableBefore() const { return droppable_before_.load(); }
  void SetConfirmed(UnixTime time) { droppable_before_.store(OldestKeptAt(time)); }

  // How much longer than its spans a service may stay listed.
  [[nodiscard]] Nanoseconds CatalogRefresh() const {
    constexpr Nanoseconds kMost = std::chrono::hours(24);
    constexpr Nanoseconds kLeast = std::chrono::minutes(1);
    return ttl_.count() == 0 ? kMost : std::clamp(ttl_ / 8, kLeast, kMost);
  }

 private:
  [[nodiscard]] BlockId OldestKeptAt(UnixTime time) const {
    return ttl_.count() == 0 ? 0 : FirstBlockIdAt(AddSaturating(time, -ttl_));
  }

  const Nanoseconds ttl_;
  const Clock& clock_;
  std::atomic<BlockId> droppable_before_{0};
};

}  // namespace pugmark::rocks
