#include "storage/rocks/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/table.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <memory>

#include "common/log/log.h"
#include "storage/rocks/expiry_filter.h"

namespace pugmark::rocks {
namespace {

constexpr std::size_t kBlockCacheBytes = std::size_t{64} << 20;
constexpr std::size_t kReaderCacheBytes = std::size_t{32} << 20;
constexpr std::size_t kMemtableBytes = std::size_t{48} << 20;
constexpr int kMemtables = 2;

// Half of what the process may open is left for connections.
int MaxOpenFiles() {
  constexpr rlim_t kMost = 1024;
  constexpr rlim_t kLeast = 64;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return static_cast<int>(kLeast);
  }
  return static_cast<int>(std::clamp(limit.rlim_cur / 2, kLeast, kMost));
}

rocksdb::BlockBasedTableOptions TableOptions(std::size_t cache_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(cache_bytes);
  // Indexes count towards the cache: memory stays bounded however much is stored.
  table.cache_index_and_filter_blocks = true;
  table.block_size = 16 << 10;
  table.format_version = 5;
  return table;
}

// Warnings of a reader's RocksDB go to our log; the rest, which would fill files, goes nowhere.
class ForwardingLogger : public rocksdb::Logger {
 public:
  ForwardingLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char line[512];
    std::vsnprintf(line, sizeof line, format, arguments);
    Log(LogLevel::kDebug, "rocksdb", {{"line", line}});
  }
};

}  // namespace

rocksdb::Options OwnerOptions(const std::string& directory, Nanoseconds ttl,
                              std::function<BlockId()> droppable_before) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.max_open_files = MaxOpenFiles();
  options.max_background_jobs = 2;

  // A torn tail is what a crash leaves. Damage before the tail must not be passed over silently:
  // opening fails then, and the caller salvages with a report.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.max_total_wal_size = std::uint64_t{256} << 20;
  options.wal_compression = rocksdb::kNoCompression;
  options.recycle_log_file_num = 0;
  options.manual_wal_flush = false;
  options.paranoid_checks = true;

  options.write_buffer_size = kMemtableBytes;
  options.max_write_buffer_number = kMemtables;
  options.target_file_size_base = std::uint64_t{64} << 20;
  options.level_compaction_dynamic_level_bytes = true;
  // Blocks are compressed already; this is for the index rows.
  options.compression = rocksdb::kLZ4Compression;
  options.bytes_per_sync = 1 << 20;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(kBlockCacheBytes)));

  options.db_log_dir = directory + "/log";
  options.keep_log_file_num = 3;
  options.max_log_file_size = 4 << 20;
  options.stats_dump_period_sec = 0;

  if (ttl.count() > 0) {
    options.compaction_filter_factory = MakeExpiryFilter(std::move(droppable_before));
    const auto seconds =
        std::max<std::int64_t>(60, std::chrono::duration_cast<std::chrono::seconds>(ttl).count());
    options.ttl = static_cast<std::uint64_t>(seconds);
    options.periodic_compaction_seconds = static_cast<std::uint64_t>(seconds);
  } else {
    options.ttl = 0;
    options.periodic_compaction_seconds = 0;
  }
  return options;
}

rocksdb::Options ReaderOptions() {
  rocksdb::Options options;
  // Every file is held open, so that the owner may delete what a reader still looks at.
  options.max_open_files = -1;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(kReaderCacheBytes)));
  // The newest rows are replayed from the log into memory until the owner has made a file of them.
  options.write_buffer_size = kMemtableBytes;
  options.max_write_buffer_number = kMemtables;
  options.info_log = std::make_shared<ForwardingLogger>();
  return options;
}

}  // namespace pugmark::rocks
