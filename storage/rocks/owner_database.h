// The database of the process that owns the store.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/row_batch.h"
#include "storage/rocks/view.h"

namespace rocksdb {
class DB;
class FileSystem;
}  // namespace rocksdb

namespace pugmark::rocks {

struct OwnerDatabaseOptions {
  std::string directory;  // made where it is not there
  Nanoseconds ttl{0};
  std::function<BlockId()> droppable_before;  // rows of blocks with smaller ids may go
  // A flush or compaction failed. Called on RocksDB's threads; must not block or call back.
  std::function<void(const std::string& why)> on_background_error;
  std::shared_ptr<rocksdb::FileSystem> file_system;  // for tests; null: the system's
};

// Thread safety: may be called concurrently.
class OwnerDatabase : public ViewSource {
 public:
  // Opens or makes the store; its format version is checked. What a damaged log still holds is
  // salvaged, the log itself kept aside, and salvage_report() says so.
  // Errors: kFailedPrecondition - owned by another process, or of a newer version; kDataLoss -
  // cannot be read; kUnavailable - input or output. Each names the directory.
  static Result<std::unique_ptr<OwnerDatabase>> Open(const OwnerDatabaseOptions& options);
  ~OwnerDatabase() override;

  // Appends all rows to the log, or none. With `sync` they are durable on return; else after the
  // next Sync(). kResourceExhausted: writing has not kept up for seconds, nothing was written.
  Status Write(RowBatch& rows, bool sync);
  // Makes every write before its start durable.
  Status Sync();
  Result<std::unique_ptr<View>> Pin(const RequestContext& context) override;

  [[nodiscard]] Result<std::optional<std::string>> Get(const std::string& key);
  // The greatest id of any block that is there, 0 for none.
  [[nodiscard]] Result<BlockId> NewestBlock();
  // Deletes the files that hold only blocks older than `droppable_before`, at once.
  Status DropBlocksBefore(BlockId droppable_before);
  // Rewrites everything, so that what is expired goes. For tests and maintenance by hand.
  Status Compact();
  // Writes what is in memory into files.
  Status Flush();

  [[nodiscard]] const std::string& salvage_report() const { return salvage_report_; }
  // A number that RocksDB keeps under that name ("rocksdb.estimate-num-keys"), 0 where unknown.
  [[nodiscard]] std::uint64_t Property(const std::string& name) const;

 private:
  class Listener;

  OwnerDatabase() = default;
  Status CheckSchema(const std::string& directory);

  std::shared_ptr<rocksdb::FileSystem> file_system_;  // outlives the database
  std::shared_ptr<void> env_;
  std::shared_ptr<rocksdb::DB> db_;
  std::string salvage_report_;
};

}  // namespace pugmark::rocks
