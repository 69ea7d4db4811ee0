#include "tests/unit/rocks/rocks_fixture.h"

#include <rocksdb/file_system.h>

#include <catch2/catch.hpp>
#include <future>
#include <utility>

namespace pugmark::rocks {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

bool EndsWith(const std::string& name, std::string_view end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

class FaultyFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, const std::atomic<bool>& fail_append,
             const std::atomic<bool>& fail_sync, std::atomic<int>& syncs)
      : FSWritableFileOwnerWrapper(std::move(file)),
        fail_append_(fail_append),
        fail_sync_(fail_sync),
        syncs_(syncs) {}

  using FSWritableFileOwnerWrapper::Append;
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    return fail_append_ ? IOStatus::IOError("injected append error")
                        : FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification,
                  IODebugContext* debug) override {
    return fail_append_ ? IOStatus::IOError("injected append error")
                        : FSWritableFileOwnerWrapper::Append(data, options, verification, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    ++syncs_;
    return fail_sync_ ? IOStatus::IOError("injected sync error")
                      : FSWritableFileOwnerWrapper::Sync(options, debug);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    ++syncs_;
    return fail_sync_ ? IOStatus::IOError("injected sync error")
                      : FSWritableFileOwnerWrapper::Fsync(options, debug);
  }

 private:
  const std::atomic<bool>& fail_append_;
  const std::atomic<bool>& fail_sync_;
  std::atomic<int>& syncs_;
};

class FaultyFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFileSystem(FaultyLogs& faults)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), faults_(faults) {}
  const char* Name() const override { return "FaultyFileSystem"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSWritableFile> real;
    IOStatus status = FileSystemWrapper::NewWritableFile(name, options, &real, debug);
    if (!status.ok()) {
      return status;
    }
    if (EndsWith(name, ".log")) {
      *file = std::make_unique<FaultyFile>(std::move(real), faults_.fail_append, faults_.fail_sync,
                                           faults_.syncs);
    } else if (EndsWith(name, ".sst")) {
      *file = std::make_unique<FaultyFile>(std::move(real), faults_.fail_tables,
                                           faults_.fail_tables, table_syncs_);
    } else {
      *file = std::move(real);
    }
    return status;
  }

 private:
  FaultyLogs& faults_;
  std::atomic<int> table_syncs_{0};
};

class HookedFileSystem : public rocksdb::FileSystemWrapper {
 public:
  HookedFileSystem(std::function<void()> before_listing, std::function<void()> before_table)
      : FileSystemWrapper(rocksdb::FileSystem::Default()),
        before_listing_(std::move(before_listing)),
        before_table_(std::move(before_table)) {}
  const char* Name() const override { return "HookedFileSystem"; }

  IOStatus GetChildren(const std::string& folder, const IOOptions& options,
                       std::vector<std::string>* names, IODebugContext* debug) override {
    if (before_listing_) {
      before_listing_();
    }
    return FileSystemWrapper::GetChildren(folder, options, names, debug);
  }
  IOStatus NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                               IODebugContext* debug) override {
    if (before_table_ && EndsWith(name, ".sst")) {
      before_table_();
    }
    return FileSystemWrapper::NewRandomAccessFile(name, options, file, debug);
  }

 private:
  const std::function<void()> before_listing_;
  const std::function<void()> before_table_;
};

}  // namespace

TestRocks::TestRocks() {
  config.directory = (folder_.path() / "store").string();
  environment.clock = &clock;
  environment.free_share = [this](const std::string&) { return free_share.load(); };
  environment.maintenance_interval = std::chrono::milliseconds(1);
  environment.jump_patience = std::chrono::nanoseconds(0);
}

Result<std::unique_ptr<Storage>> TestRocks::Open(StorageRole role) {
  return OpenRocksStorageIn(
      config, role, metrics_,
      [this](const std::string& why) {
        fatal_.With([&](std::vector<std::string>& reasons) { reasons.push_back(why); });
      },
      environment);
}

std::unique_ptr<Storage> TestRocks::OpenOwner() {
  Result<std::unique_ptr<Storage>> opened = Open(StorageRole::kOwner);
  INFO((opened ? "" : opened.error().message));
  REQUIRE(opened.ok());
  return *std::move(opened);
}

std::unique_ptr<Storage> TestRocks::OpenReader() {
  Result<std::unique_ptr<Storage>> opened = Open(StorageRole::kReader);
  INFO((opened ? "" : opened.error().message));
  REQUIRE(opened.ok());
  return *std::move(opened);
}

std::vector<std::string> TestRocks::fatal_reasons() const {
  return fatal_.With([](const std::vector<std::string>& reasons) { return reasons; });
}

FaultyLogs::FaultyLogs() : file_system_(std::make_shared<FaultyFileSystem>(*this)) {}

std::shared_ptr<rocksdb::FileSystem> HookBeforeListing(std::function<void()> before) {
  return std::make_shared<HookedFileSystem>(std::move(before), nullptr);
}

std::shared_ptr<rocksdb::FileSystem> HookBeforeTable(std::function<void()> before) {
  return std::make_shared<HookedFileSystem>(nullptr, std::move(before));
}

testing::TestSpan NumberedSpan(std::uint64_t number) {
  testing::TestSpan span;
  span.trace_id = {number * 0x9e3779b97f4a7c15U, number + 1};
  span.span_id = number + 1;
  span.start_time += std::chrono::milliseconds(number);
  span.attributes = {{"number", static_cast<std::int64_t>(number)},
                     {"padding", std::string(200, static_cast<char>('a' + number % 26))}};
  return span;
}

bool WriteNumbered(Storage& storage, std::uint64_t number) {
  std::promise<bool> committed;
  storage.span_writer()->Write(
      {}, testing::MakeBatch({NumberedSpan(number)}), {}, [&](const WriteResult& result) {
        committed.set_value(result.outcome == WriteResult::Outcome::kCommitted);
      });
  return committed.get_future().get();
}

std::size_t CountFound(Storage& storage, std::uint64_t first, std::uint64_t last) {
  std::size_t found = 0;
  for (std::uint64_t number = first; number <= last; ++number) {
    const auto expected = testing::MakeBatch({NumberedSpan(number)});
    const testing::ReadTrace trace =
        testing::MustReadTrace(storage.trace_reader(), expected->spans().front().trace_id);
    found += testing::SameSpans(trace.spans, testing::PointersTo(expected->spans())) ? 1 : 0;
  }
  return found;
}

}  // namespace pugmark::rocks
