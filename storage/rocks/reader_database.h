// The database of a process that reads beside the owner: a RocksDB secondary instance, which
// follows the owner's files and writes none.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/base/result.h"
#include "storage/rocks/view.h"

namespace rocksdb {
class DB;
class Env;
class FileSystem;
}  // namespace rocksdb

namespace pugmark::rocks {

// Thread: one, which follows the owner while nobody reads, so that files that the owner deleted are
// let go and the next read has little to catch up with.
// Thread safety: may be called concurrently.
class ReaderDatabase : public ViewSource {
 public:
  // A view shows at least what was written this long before it was asked for.
  static constexpr std::chrono::milliseconds kFreshness{50};

  struct Counts {
    std::uint64_t catch_ups = 0;
    std::uint64_t reopened = 0;
    std::chrono::microseconds longest{0};  // catch-up
  };

  // Errors: kUnavailable - no store there yet; kFailedPrecondition - of a newer version; kDataLoss
  // - cannot be read. Each names the directory.
  // `file_system` is for tests; null: the system's.
  static Result<std::unique_ptr<ReaderDatabase>> Open(
      const std::string& directory, std::shared_ptr<rocksdb::FileSystem> file_system = nullptr);
  ~ReaderDatabase() override;

  // Catches up first, unless somebody just has: one at a time, shared by all that wait for it.
  Result<std::unique_ptr<View>> Pin(const RequestContext& context) override;
  // Whether the last catch-up went well.
  Status Health();
  [[nodiscard]] Counts counts();

 private:
  using Clock = std::chrono::steady_clock;

  ReaderDatabase(std::string directory, std::shared_ptr<rocksdb::FileSystem> file_system);
  // All under the lock.
  Status Reopen();
  Status CatchUp();
  void Follow(const std::stop_token& stop);

  const std::string directory_;
  const std::shared_ptr<rocksdb::Env> env_;  // null: the system's
  // Held while catching up and while iterators are made: rows may be missing in between.
  std::timed_mutex mutex_;
  std::shared_ptr<rocksdb::DB> db_;  // shared with the views made from it
  std::string identity_;             // of the database that db_ reads
  Clock::time_point fresh_at_{};     // begin of the last catch-up that went well
  Status last_;
  Counts counts_;

  std::jthread thread_;
};

}  // namespace pugmark::rocks
