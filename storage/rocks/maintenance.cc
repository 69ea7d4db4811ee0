#include "storage/rocks/maintenance.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "common/log/log.h"

namespace pugmark::rocks {
namespace {

constexpr std::chrono::minutes kDropEvery{1};

}  // namespace

Maintenance::Maintenance(OwnerDatabase& database, Catalog& catalog, StoreState& state,
                         Retention& retention, const std::string& directory, BlockId newest_block,
                         const RocksEnvironment& environment)
    : database_(database),
      catalog_(catalog),
      state_(state),
      retention_(retention),
      directory_(directory),
      environment_(environment),
      confirmed_(newest_block == 0 ? environment.clock->Now() : TimeOfBlock(newest_block),
                 ConfirmedClock::Steady::now(), environment.jump_patience) {
  LookAtSpace();  // before the first write
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Maintenance::Run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  auto next_drop = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    Look();
    if (std::chrono::steady_clock::now() >= next_drop) {
      DropExpired();
      next_drop = std::chrono::steady_clock::now() + kDropEvery;
    }
    wake.wait_for(lock, stop, environment_.maintenance_interval, [] { return false; });
  }
}

void Maintenance::Look() {
  LookAtSpace();
  retention_.SetConfirmed(confirmed_.With([this](ConfirmedClock& clock) {
    return clock.Confirm(environment_.clock->Now(), ConfirmedClock::Steady::now());
  }));
}

void Maintenance::LookAtSpace() {
  const double free = environment_.free_share(directory_);
  const bool is_low = free < kLeastFreeShare;
  if (is_low != state_.is_space_low()) {
    Log(is_low ? LogLevel::kError : LogLevel::kInfo,
        is_low ? "store refuses writes, the disk is nearly full" : "store takes writes again",
        {{"directory", directory_}, {"free_share", free}});
  }
  state_.SetSpace(is_low);
}

void Maintenance::DropExpired() {
  const BlockId droppable_before = retention_.DroppableBefore();
  if (droppable_before <= dropped_before_ || state_.is_fatal()) {
    return;
  }
  catalog_.DropExpired(droppable_before);
  if (const Status dropped = database_.DropBlocksBefore(droppable_before); !dropped) {
    PUGMARK_LOG_THROTTLED(LogLevel::kError, "store cannot drop expired files",
                          {"directory", directory_}, {"error", dropped.error().message});
    return;
  }
  dropped_before_ = droppable_before;
}

}  // namespace pugmark::rocks
