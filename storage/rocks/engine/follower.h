// Follows, in a process of its own, the store that another process owns: a RocksDB secondary whose
// log is replayed into heads. Queries read views, never a database that is catching up.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "common/concurrency/guarded.h"
#include "storage/rocks/engine/engine_options.h"
#include "storage/rocks/engine/live_store.h"
#include "storage/rocks/engine/recovery.h"
#include "storage/rocks/engine/service_catalog.h"

namespace pugmark::engine {

// Thread: one, which owns the secondary's catching up.
class Follower : public ViewSource {
 public:
  struct Counts {
    std::uint64_t catch_ups = 0;
    std::uint64_t views = 0;
    std::uint64_t delayed = 0;  // a commit was seen before its segment could be read
    std::uint64_t damaged_records = 0;
  };

  // Errors: kUnavailable - no store there yet; as Database::OpenSecondary.
  static Result<std::unique_ptr<Follower>> Open(const std::string& directory,
                                                const EngineOptions& options);
  ~Follower() override;

  // The newest view after a catch-up that began no earlier than this call, or the last one where
  // the owner cannot be followed now.
  Result<StoreView> Pin() override;
  [[nodiscard]] const ServiceCatalog& catalog() const { return catalog_; }
  [[nodiscard]] Status Health() const;
  [[nodiscard]] Counts counts() const;

 private:
  Follower(std::string folder, std::unique_ptr<Database> database, const EngineOptions& options);
  void Run(const std::stop_token& stop);
  Status CatchUp();
  // False where the new state cannot be shown yet.
  Result<bool> Advance();
  Result<bool> TakeSegments(const std::vector<SegmentEntry>& entries, SegmentList& segments);

  const std::string folder_;  // of RocksDB's own log, removed at the end
  const EngineOptions options_;
  const std::unique_ptr<Database> database_;
  LiveStore store_;
  ServiceCatalog catalog_;
  // Of the thread.
  HeadFollower heads_;
  std::map<std::uint64_t, SegmentRef> open_;
  std::uint64_t sealed_through_ = 0;
  std::size_t listed_types_ = 0;
  const Head* listed_head_ = nullptr;

  Guarded<Status> health_;
  std::atomic<std::uint64_t> catch_ups_{0};
  std::atomic<std::uint64_t> views_{0};
  std::atomic<std::uint64_t> delayed_{0};
  std::atomic<std::uint64_t> damaged_{0};
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t asked_ = 0;     // catch-ups wanted
  std::uint64_t answered_ = 0;  // and done
  std::jthread thread_;
};

}  // namespace pugmark::engine
