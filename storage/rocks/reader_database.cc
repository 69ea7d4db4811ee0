#include "storage/rocks/reader_database.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "common/log/log.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/rocks_options.h"
#include "storage/rocks/rocks_status.h"
#include "storage/rocks/schema.h"

namespace pugmark::rocks {
namespace {

constexpr std::chrono::seconds kFollowEvery{5};
constexpr int kMostRounds = 10;  // of one catch-up

// RocksDB wants a name for the folder of a secondary's log file, but with a logger of ours it makes
// no file there.
constexpr const char* kNoFolder = "/nonexistent/pugmark-reader";

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The id that RocksDB gives a database when it is made; "" where there is none.
std::string IdentityOf(const std::string& directory) {
  return ReadFile(std::filesystem::path(directory) / "IDENTITY");
}

// The state of RocksDB's list of files (its manifest): it grows with every file that comes or goes.
struct FileList {
  std::string name;
  std::uintmax_t bytes = 0;

  static FileList Of(const std::filesystem::path& directory) {
    FileList list;
    list.name = ReadFile(directory / "CURRENT");
    std::error_code ignored;
    list.bytes =
        std::filesystem::file_size(directory / list.name.substr(0, list.name.find('\n')), ignored);
    return list;
  }
  friend bool operator==(const FileList&, const FileList&) = default;
};

Error NotThereYet(const std::string& directory) {
  return Unavailable(directory +
                     ": no store there yet; waiting for the process that owns it to make it");
}

}  // namespace

ReaderDatabase::ReaderDatabase(std::string directory,
                               std::shared_ptr<rocksdb::FileSystem> file_system)
    : directory_(std::move(directory)),
      env_(file_system == nullptr ? nullptr : rocksdb::NewCompositeEnv(file_system)) {}

Result<std::unique_ptr<ReaderDatabase>> ReaderDatabase::Open(
    const std::string& directory, std::shared_ptr<rocksdb::FileSystem> file_system) {
  std::unique_ptr<ReaderDatabase> database(new ReaderDatabase(directory, std::move(file_system)));
  if (Status opened = database->Reopen(); !opened) {
    return std::move(opened.error());
  }
  database->thread_ = std::jthread(
      [reader = database.get()](const std::stop_token& stop) { reader->Follow(stop); });
  return database;
}

ReaderDatabase::~ReaderDatabase() = default;

Status ReaderDatabase::Reopen() {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::path(directory_) / "CURRENT", ignored)) {
    return NotThereYet(directory_);
  }
  const Clock::time_point begin = Clock::now();
  std::string identity = IdentityOf(directory_);
  rocksdb::Options options = ReaderOptions();
  if (env_ != nullptr) {
    options.env = env_.get();
  }
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenAsSecondary(options, directory_, kNoFolder, &opened);
  if (status.IsNotFound() || status.IsPathNotFound() || status.IsTryAgain()) {
    return NotThereYet(directory_);
  }
  if (!status.ok()) {
    return FromRocks(status, "read " + directory_);
  }
  std::shared_ptr<rocksdb::DB> db(opened);
  std::string version;
  const rocksdb::Status found = db->Get({}, std::string(kSchemaKey), &version);
  if (found.IsNotFound()) {
    return NotThereYet(directory_);  // being made right now
  }
  if (!found.ok()) {
    return FromRocks(found, "read " + directory_);
  }
  if (Status schema = CheckSchemaValue(version, directory_); !schema) {
    return schema;
  }
  db_ = std::move(db);
  identity_ = std::move(identity);
  fresh_at_ = begin;
  return {};
}

Status ReaderDatabase::CatchUp() {
  const Clock::time_point begin = Clock::now();
  if (IdentityOf(directory_) != identity_) {
    ++counts_.reopened;
    return Reopen();  // another store has taken the place of ours, whose files we still hold open
  }
  // When the owner makes a file of its newest rows, or one file of several, between our reading the
  // list of files and our reading what it names, rows are in neither place for us. Each such step
  // is an entry in the list: a catch-up during which none was added has seen everything.
  rocksdb::Status status;
  FileList before;
  FileList after = FileList::Of(directory_);
  for (int round = 0; status.ok() && before != after && round < kMostRounds; ++round) {
    before = std::move(after);
    status = db_->TryCatchUpWithPrimary();
    ++counts_.catch_ups;
    after = FileList::Of(directory_);
  }
  counts_.longest = std::max(
      counts_.longest, std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin));
  if (status.ok()) {
    fresh_at_ = begin;
    return {};
  }
  PUGMARK_LOG_THROTTLED(LogLevel::kWarn, "store reader starts over", {"directory", directory_},
                        {"error", status.ToString()});
  ++counts_.reopened;
  return Reopen();
}

Result<std::unique_ptr<View>> ReaderDatabase::Pin(const RequestContext& context) {
  const Clock::time_point wanted = Clock::now() - kFreshness;
  const std::unique_lock lock(mutex_, context.deadline);
  if (!lock.owns_lock()) {
    return Error{ErrorCode::kDeadlineExceeded, "the store's reader was still catching up"};
  }
  if (fresh_at_ < wanted) {
    last_ = CatchUp();
    if (!last_) {
      return last_.error();
    }
  }
  const rocksdb::ReadOptions options;
  RowIterator index(std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options)));
  RowIterator rows(std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options)));
  return std::make_unique<View>(db_, std::move(index), std::move(rows));
}

Status ReaderDatabase::Health() {
  const std::lock_guard lock(mutex_);
  return last_;
}

ReaderDatabase::Counts ReaderDatabase::counts() {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void ReaderDatabase::Follow(const std::stop_token& stop) {
  std::condition_variable_any wake;
  std::mutex sleeping;
  std::unique_lock sleep(sleeping);
  while (!stop.stop_requested()) {
    wake.wait_for(sleep, stop, kFollowEvery, [] { return false; });
    const std::lock_guard lock(mutex_);
    if (!stop.stop_requested() && fresh_at_ < Clock::now() - kFollowEvery) {
      last_ = CatchUp();
    }
  }
}

}  // namespace pugmark::rocks
