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
                         const Retention& retention, std::string directory,
                         std::function<double(const std::string& directory)> free_share,
                         std::chrono::milliseconds interval)
    : database_(database),
      catalog_(catalog),
      state_(state),
      retention_(retention),
      directory_(std::move(directory)),
      free_share_(std::move(free_share)),
      interval_(interval) {
  LookAtSpace();  // before the first write
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Maintenance::Run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  auto next_drop = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    LookAtSpace();
    if (std::chrono::steady_clock::now() >= next_drop) {
      DropExpired();
      next_drop = std::chrono::steady_clock::now() + kDropEvery;
    }
    wake.wait_for(lock, stop, interval_, [] { return false; });
  }
}

void Maintenance::LookAtSpace() {
  const double free = free_share_(directory_);
  const bool is_low = free < kLeastFreeShare;
  if (is_low != state_.is_space_low()) {
    Log(is_low ? LogLevel::kError : LogLevel::kInfo,
        is_low ? "store refuses writes, the disk is nearly full" : "store takes writes again",
        {{"directory", directory_}, {"free_share", free}});
  }
  state_.SetSpace(is_low);
}

void Maintenance::DropExpired() {
  const BlockId oldest_kept = retention_.OldestKept();
  if (oldest_kept <= dropped_before_ || state_.is_fatal()) {
    return;
  }
  catalog_.DropExpired(oldest_kept);
  if (const Status dropped = database_.DropBlocksBefore(oldest_kept); !dropped) {
    PUGMARK_LOG_THROTTLED(LogLevel::kError, "store cannot drop expired files",
                          {"directory", directory_}, {"error", dropped.error().message});
    return;
  }
  dropped_before_ = oldest_kept;
}

}  // namespace pugmark::rocks
