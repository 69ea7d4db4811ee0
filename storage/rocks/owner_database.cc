#include "storage/rocks/owner_database.h"

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/listener.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "common/log/log.h"
#include "storage/rocks/rocks_options.h"
#include "storage/rocks/rocks_status.h"
#include "storage/rocks/schema.h"

namespace pugmark::rocks {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kLongestStall{5};
constexpr std::chrono::milliseconds kStallStep{2};

bool IsLockError(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return text.find("lock hold by current process") != std::string::npos ||
         (text.find("LOCK") != std::string::npos &&
          text.find("temporarily unavailable") != std::string::npos);
}

Error OpenError(const rocksdb::Status& status, const std::string& directory) {
  if (IsLockError(status)) {
    return {ErrorCode::kFailedPrecondition,
            directory + ": another process owns this store (" + status.ToString() + ")"};
  }
  return FromRocks(status, "open " + directory).error();
}

// Copies the logs aside before a salvage passes over what is damaged in them.
Result<std::string> KeepLogs(const std::string& directory) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  const fs::path kept = fs::path(directory) / ("damaged-log-" + std::to_string(millis));
  std::error_code error;
  fs::create_directories(kept, error);
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (!error && entry.path().extension() == ".log") {
      fs::copy_file(entry.path(), kept / entry.path().filename(), error);
    }
    if (error) {
      break;
    }
  }
  if (error) {
    return Unavailable("keep the damaged log in " + kept.string() + ": " + error.message());
  }
  return kept.string();
}

struct Snapshot {
  std::shared_ptr<rocksdb::DB> db;
  const rocksdb::Snapshot* snapshot;

  explicit Snapshot(std::shared_ptr<rocksdb::DB> of)
      : db(std::move(of)), snapshot(db->GetSnapshot()) {}
  ~Snapshot() { db->ReleaseSnapshot(snapshot); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
};

}  // namespace

class OwnerDatabase::Listener : public rocksdb::EventListener {
 public:
  explicit Listener(std::function<void(const std::string& why)> tell) : tell_(std::move(tell)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                         rocksdb::Status* error) override {
    tell_(error->ToString());
  }
  // A restart is the one way back: it checks what is really on the disk.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

 private:
  const std::function<void(const std::string& why)> tell_;
};

Result<std::unique_ptr<OwnerDatabase>> OwnerDatabase::Open(const OwnerDatabaseOptions& options) {
  const std::string& directory = options.directory;
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return Unavailable("make " + directory + ": " + error.message());
  }
  std::unique_ptr<OwnerDatabase> database(new OwnerDatabase());
  rocksdb::Options rocks = OwnerOptions(directory, options.ttl, options.droppable_before);
  if (options.on_background_error) {
    rocks.listeners.push_back(std::make_shared<Listener>(options.on_background_error));
  }
  if (options.file_system) {
    database->file_system_ = options.file_system;
    std::shared_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(options.file_system);
    rocks.env = env.get();
    database->env_ = std::move(env);
  }
  rocksdb::DB* db = nullptr;
  rocksdb::Status opened = rocksdb::DB::Open(rocks, directory, &db);
  if (opened.IsCorruption()) {
    Result<std::string> kept = KeepLogs(directory);
    if (!kept) {
      return std::move(kept.error());
    }
    database->salvage_report_ = opened.ToString() + "; the damaged log is kept in " + *kept;
    rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
    opened = rocksdb::DB::Open(rocks, directory, &db);
  }
  if (!opened.ok()) {
    return OpenError(opened, directory);
  }
  database->db_.reset(db);
  if (Status schema = database->CheckSchema(directory); !schema) {
    return std::move(schema.error());
  }
  return database;
}

OwnerDatabase::~OwnerDatabase() = default;

Status OwnerDatabase::CheckSchema(const std::string& directory) {
  Result<std::optional<std::string>> value = Get(std::string(kSchemaKey));
  if (!value) {
    return std::move(value.error());
  }
  if (value->has_value()) {
    return CheckSchemaValue(**value, directory);
  }
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
  rows->SeekToFirst();
  if (rows->Valid()) {
    return Error{ErrorCode::kDataLoss, directory + ": a RocksDB database, but no store of ours"};
  }
  RowBatch batch;
  batch.Put(kSchemaKey, SchemaValue());
  return Write(batch, true);
}

Status OwnerDatabase::Write(RowBatch& rows, bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  // RocksDB would wait without a bound, and may miss its waking; we wait ourselves.
  options.no_slowdown = true;
  const auto give_up = std::chrono::steady_clock::now() + kLongestStall;
  rocksdb::Status written = db_->Write(options, &rows.impl());
  while (written.IsIncomplete() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(kStallStep);
    written = db_->Write(options, &rows.impl());
  }
  return FromRocks(written, "write to the store");
}

Status OwnerDatabase::Sync() { return FromRocks(db_->SyncWAL(), "sync the log of the store"); }

Result<std::unique_ptr<View>> OwnerDatabase::Pin(const RequestContext& /*context*/) {
  auto snapshot = std::make_shared<Snapshot>(db_);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot->snapshot;
  RowIterator index(std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options)));
  RowIterator rows(std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options)));
  return std::make_unique<View>(std::move(snapshot), std::move(index), std::move(rows));
}

Result<std::optional<std::string>> OwnerDatabase::Get(const std::string& key) {
  std::string value;
  const rocksdb::Status found = db_->Get({}, key, &value);
  if (found.IsNotFound()) {
    return std::optional<std::string>();
  }
  if (Status status = FromRocks(found, "read the store"); !status) {
    return std::move(status.error());
  }
  return std::optional(std::move(value));
}

Result<BlockId> OwnerDatabase::NewestBlock() {
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
  const std::string blocks(1, static_cast<char>(RowKind::kBlock));
  BlockId newest = 0;
  // From tenant to tenant, and to the last block of each.
  for (rows->Seek(blocks); rows->Valid() && rows->key().starts_with(blocks);) {
    const std::optional<std::string_view> tenant = TenantOfKey(rows->key().ToStringView());
    if (!tenant) {
      return Error{ErrorCode::kDataLoss, "the store has a block with a damaged key"};
    }
    const std::string after = AfterPrefix(KeyPrefix(RowKind::kBlock, *tenant));
    rows->SeekForPrev(after);
    if (rows->Valid()) {
      newest = std::max(newest, BlockOfKey(rows->key().ToStringView()).value_or(0));
    }
    rows->Seek(after);
  }
  if (Status status = FromRocks(rows->status(), "read the store"); !status) {
    return std::move(status.error());
  }
  return newest;
}

Status OwnerDatabase::DropBlocksBefore(BlockId droppable_before) {
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
  const std::string blocks(1, static_cast<char>(RowKind::kBlock));
  for (rows->Seek(blocks); rows->Valid() && rows->key().starts_with(blocks);) {
    const std::optional<std::string_view> tenant = TenantOfKey(rows->key().ToStringView());
    if (!tenant) {
      break;
    }
    const std::string begin = KeyPrefix(RowKind::kBlock, *tenant);
    const std::string end = BlockKey(*tenant, droppable_before);
    const std::string after = AfterPrefix(begin);
    const rocksdb::Slice first(begin);
    const rocksdb::Slice last(end);
    const rocksdb::Status dropped =
        rocksdb::DeleteFilesInRange(db_.get(), db_->DefaultColumnFamily(), &first, &last, false);
    if (Status status = FromRocks(dropped, "drop expired files"); !status) {
      return status;
    }
    rows->Seek(after);
  }
  return FromRocks(rows->status(), "read the store");
}

Status OwnerDatabase::Compact() {
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  return FromRocks(db_->CompactRange(options, nullptr, nullptr), "compact the store");
}

Status OwnerDatabase::Flush() { return FromRocks(db_->Flush({}), "flush the store"); }

std::uint64_t OwnerDatabase::Property(const std::string& name) const {
  std::uint64_t value = 0;
  return db_->GetIntProperty(name, &value) ? value : 0;
}

}  // namespace pugmark::rocks
