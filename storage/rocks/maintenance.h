// Looks after a store that is open for writing: free space, retention.
#pragma once

#include <string>
#include <thread>

#include "common/concurrency/guarded.h"
#include "storage/rocks/catalog.h"
#include "storage/rocks/confirmed_clock.h"
#include "storage/rocks/owner_database.h"
#include "storage/rocks/retention.h"
#include "storage/rocks/rocks_environment.h"
#include "storage/rocks/store_state.h"

namespace pugmark::rocks {

// Below this share of the disk writes are refused: RocksDB does not survive a disk that fills up.
inline constexpr double kLeastFreeShare = 0.10;

// Thread: one. It looks at space and time every interval and drops expired files once a minute.
class Maintenance {
 public:
  // All outlive it. No block is newer than `newest_block`.
  Maintenance(OwnerDatabase& database, Catalog& catalog, StoreState& state, Retention& retention,
              const std::string& directory, BlockId newest_block,
              const RocksEnvironment& environment);

  // Looks at space and time now.
  void Look();

 private:
  void Run(const std::stop_token& stop);
  void LookAtSpace();
  void DropExpired();

  OwnerDatabase& database_;
  Catalog& catalog_;
  StoreState& state_;
  Retention& retention_;
  const std::string directory_;
  const RocksEnvironment environment_;
  Guarded<ConfirmedClock> confirmed_;
  BlockId dropped_before_ = 0;

  std::jthread thread_;
};

}  // namespace pugmark::rocks
