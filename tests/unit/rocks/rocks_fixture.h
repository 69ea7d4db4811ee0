// A store in a folder of its own, in a world that a test controls.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/concurrency/guarded.h"
#include "common/metrics/metrics.h"
#include "storage/rocks/rocks_environment.h"
#include "tests/support/storage_access.h"
#include "tests/support/temp_dir.h"

namespace pugmark::rocks {

// A clock that stands still until it is moved.
class FakeClock : public Clock {
 public:
  [[nodiscard]] UnixTime Now() const override { return UnixTime(Nanoseconds(now_.load())); }
  void Advance(Nanoseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{testing::kTestTime.time_since_epoch().count()};
};

class TestRocks {
 public:
  TestRocks();

  // Opens the folder as its owner; the test fails where that fails.
  std::unique_ptr<Storage> OpenOwner();
  std::unique_ptr<Storage> OpenReader();
  Result<std::unique_ptr<Storage>> Open(StorageRole role);

  [[nodiscard]] std::string directory() const { return config.directory; }
  // What on_fatal was told.
  [[nodiscard]] std::vector<std::string> fatal_reasons() const;

  RocksConfig config;
  FakeClock clock;
  RocksEnvironment environment;
  std::atomic<double> free_share{0.5};

 private:
  testing::TempDir folder_;
  Metrics metrics_;
  Guarded<std::vector<std::string>> fatal_;
};

// A file system whose logs can fail.
class FaultyLogs {
 public:
  FaultyLogs();
  [[nodiscard]] std::shared_ptr<rocksdb::FileSystem> file_system() const { return file_system_; }

  std::atomic<bool> fail_sync{false};
  std::atomic<bool> fail_append{false};
  std::atomic<bool> fail_tables{false};  // writes of SST files
  std::atomic<int> syncs{0};

 private:
  std::shared_ptr<rocksdb::FileSystem> file_system_;
};

// A file system that runs `before` each time that a folder is listed, or an SST file is opened.
std::shared_ptr<rocksdb::FileSystem> HookBeforeListing(std::function<void()> before);
std::shared_ptr<rocksdb::FileSystem> HookBeforeTable(std::function<void()> before);

// A span of trace `number` that is told from others by its number.
testing::TestSpan NumberedSpan(std::uint64_t number);
// Writes it; whether that was committed. For threads of a test, where nothing may be asserted.
bool WriteNumbered(Storage& storage, std::uint64_t number);
// How many of the traces of NumberedSpan(first) to NumberedSpan(last) are found whole.
std::size_t CountFound(Storage& storage, std::uint64_t first, std::uint64_t last);

}  // namespace pugmark::rocks
