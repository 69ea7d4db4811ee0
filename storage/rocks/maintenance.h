// Looks after a store that is open for writing: free space, retention.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "storage/rocks/catalog.h"
#include "storage/rocks/owner_database.h"
#include "storage/rocks/retention.h"
#include "storage/rocks/store_state.h"

namespace pugmark::rocks {

// Below this share of the disk writes are refused: RocksDB does not survive a disk that fills up.
inline constexpr double kLeastFreeShare = 0.10;

// Thread: one. It watches the space every interval and drops expired files once a minute.
class Maintenance {
 public:
  // All outlive it.
  Maintenance(OwnerDatabase& database, Catalog& catalog, StoreState& state,
              const Retention& retention, std::string directory,
              std::function<double(const std::string& directory)> free_share,
              std::chrono::milliseconds interval);

 private:
  void Run(const std::stop_token& stop);
  void LookAtSpace();
  void DropExpired();

  OwnerDatabase& database_;
  Catalog& catalog_;
  StoreState& state_;
  const Retention& retention_;
  const std::string directory_;
  const std::function<double(const std::string& directory)> free_share_;
  const std::chrono::milliseconds interval_;
  BlockId dropped_before_ = 0;

  std::jthread thread_;
};

}  // namespace pugmark::rocks
