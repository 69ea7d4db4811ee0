#include "storage/rocks/engine/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "storage/rocks/columnar/byte_io.h"

namespace pugmark::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kFormatVersion = 1;
constexpr std::string_view kFormatKey = "columnar-format";
constexpr std::string_view kSealedKey = "columnar-sealed-through";
constexpr char kSegmentRow = 's';
constexpr char kOperationRow = 'o';
constexpr std::uint8_t kRowVersion = 1;
constexpr std::size_t kLogMemtableBytes = std::size_t{64} << 20;
constexpr std::chrono::seconds kLongestStall{5};
constexpr std::chrono::milliseconds kStallStep{2};

ErrorCode CodeOf(const rocksdb::Status& status) {
  if (status.IsCorruption()) {
    return ErrorCode::kDataLoss;
  }
  return status.IsIncomplete() || status.IsBusy() ? ErrorCode::kResourceExhausted
                                                  : ErrorCode::kUnavailable;
}

Status FromRocks(const rocksdb::Status& status, const std::string& doing) {
  if (status.ok()) {
    return {};
  }
  return Error{CodeOf(status), doing + ": " + status.ToString()};
}

bool IsLockError(const std::string& text) {
  return text.find("lock hold by current process") != std::string::npos ||
         (text.find("LOCK") != std::string::npos &&
          text.find("temporarily unavailable") != std::string::npos);
}

std::string RecordKey(std::uint64_t number) {
  std::string key;
  AppendBig64(key, number);
  return key;
}

std::string SegmentRowKey(std::uint64_t id) {
  std::string key(1, kSegmentRow);
  AppendBig64(key, id);
  return key;
}

std::string SegmentRowValue(const SegmentEntry& entry) {
  ByteWriter out;
  out.Byte(kRowVersion);
  out.Varint(entry.first_record);
  out.Varint(entry.last_record);
  out.Varint(entry.rows);
  out.Fixed(entry.min_start_ns);
  out.Fixed(entry.max_start_ns);
  out.Fixed(entry.sealed_at_ns);
  out.Varint(entry.bytes);
  return std::string(out.view());
}

Result<SegmentEntry> ParseSegmentRow(rocksdb::Slice key, rocksdb::Slice value) {
  ByteReader in(value.ToStringView());
  SegmentEntry entry;
  const bool is_known = in.Byte() == kRowVersion && key.size() == 9;
  entry.first_record = in.Varint();
  entry.last_record = in.Varint();
  entry.rows = static_cast<std::uint32_t>(in.Varint());
  entry.min_start_ns = in.Fixed<std::int64_t>();
  entry.max_start_ns = in.Fixed<std::int64_t>();
  entry.sealed_at_ns = in.Fixed<std::int64_t>();
  entry.bytes = in.Varint();
  if (!is_known || !in.Complete()) {
    return Error{ErrorCode::kDataLoss, "the list of segments has a malformed row"};
  }
  entry.id = LoadBig64(key.data() + 1);
  return entry;
}

// The key holds everything but the time: tenant and service with their lengths, operation, kind.
std::string OperationRowKey(const CatalogRow& row) {
  ByteWriter out;
  out.Byte(kOperationRow);
  out.Text(row.tenant);
  out.Text(row.service);
  out.Byte(row.kind);
  out.Bytes(row.operation);
  return std::string(out.view());
}

Result<CatalogRow> ParseOperationRow(rocksdb::Slice key, rocksdb::Slice value) {
  ByteReader in(key.ToStringView());
  CatalogRow row;
  (void)in.Byte();
  row.tenant = in.Text();
  row.service = in.Text();
  row.kind = in.Byte();
  row.operation = in.Bytes(in.left());
  ByteReader time(value.ToStringView());
  const bool is_known = time.Byte() == kRowVersion;
  row.last_seen_ns = time.Fixed<std::int64_t>();
  if (in.failed() || !is_known || !time.Complete()) {
    return Error{ErrorCode::kDataLoss, "the list of operations has a malformed row"};
  }
  return row;
}

class Listener : public rocksdb::EventListener {
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

rocksdb::Options MakeOptions(const Database::Options& options) {
  rocksdb::Options rocks;
  rocks.create_if_missing = true;
  rocks.create_missing_column_families = true;
  rocks.max_background_jobs = 2;
  // A torn tail is what a crash leaves; damage before it must not be passed over silently.
  rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocks.max_total_wal_size = std::uint64_t{256} << 20;
  rocks.recycle_log_file_num = 0;
  rocks.paranoid_checks = true;
  rocks.avoid_flush_during_shutdown = true;
  rocks.compression = rocksdb::kNoCompression;  // chunks and records are compact already
  rocks.keep_log_file_num = 3;
  rocks.max_log_file_size = 4 << 20;
  rocks.info_log_level = rocksdb::WARN_LEVEL;
  rocks.stats_dump_period_sec = 0;
  rocks.max_write_buffer_number = 2;
  rocks.write_buffer_size = std::size_t{8} << 20;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = 4 << 10;
  table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
  table.cache_index_and_filter_blocks = true;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  if (options.on_background_error) {
    rocks.listeners.push_back(std::make_shared<Listener>(options.on_background_error));
  }
  return rocks;
}

rocksdb::ColumnFamilyOptions LogOptions(const rocksdb::Options& base) {
  rocksdb::ColumnFamilyOptions log(base);
  log.write_buffer_size = kLogMemtableBytes;
  log.compaction_style = rocksdb::kCompactionStyleUniversal;
  return log;
}

// Filled by ingestion only: files never overlap, and nothing is ever compacted.
rocksdb::ColumnFamilyOptions SegmentOptionsOf(const rocksdb::Options& base) {
  rocksdb::ColumnFamilyOptions segments(base);
  segments.disable_auto_compactions = true;
  segments.level0_slowdown_writes_trigger = 1 << 30;
  segments.level0_stop_writes_trigger = 1 << 30;
  return segments;
}

}  // namespace

struct Database::Impl {
  std::string directory;
  rocksdb::Options options;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;

  [[nodiscard]] rocksdb::ColumnFamilyHandle* main() const { return families[0]; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* log() const { return families[1]; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* segments() const { return families[2]; }
  [[nodiscard]] std::string ingest_folder() const { return directory + "/ingest"; }

  std::vector<rocksdb::ColumnFamilyDescriptor> Descriptors() const {
    return {{rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions(options)},
            {"wal", LogOptions(options)},
            {"segments", SegmentOptionsOf(options)}};
  }
  ~Impl() {
    for (rocksdb::ColumnFamilyHandle* const family : families) {
      (void)db->DestroyColumnFamilyHandle(family);
    }
  }
};

namespace {

class DatabaseChunks : public ChunkSource {
 public:
  DatabaseChunks(std::shared_ptr<Database::Impl> impl, std::uint64_t id)
      : impl_(std::move(impl)), id_(id) {}

  Result<std::optional<std::string>> Read(std::uint16_t group, std::uint16_t chunk) override {
    rocksdb::PinnableSlice value;
    const rocksdb::Status read =
        impl_->db->Get({}, impl_->segments(), SegmentChunkKey{id_, group, chunk}.ToBytes(), &value);
    if (read.IsNotFound()) {
      return std::optional<std::string>();
    }
    if (Status status = FromRocks(read, "read a segment"); !status) {
      return status.error();
    }
    return std::optional<std::string>(value.ToString());
  }

  Status ReadGroup(std::uint16_t group, const Visit& visit) override {
    rocksdb::ReadOptions options;
    const std::string first = SegmentChunkKey{id_, group, 0}.ToBytes();
    const std::string end =
        SegmentChunkKey{id_, static_cast<std::uint16_t>(group + 1), 0}.ToBytes();
    const rocksdb::Slice bound(end);
    options.iterate_upper_bound = &bound;
    options.readahead_size = std::size_t{256} << 10;
    const std::unique_ptr<rocksdb::Iterator> rows(
        impl_->db->NewIterator(options, impl_->segments()));
    for (rows->Seek(first); rows->Valid(); rows->Next()) {
      if (rows->key().size() != SegmentChunkKey::kBytes) {
        return Error{ErrorCode::kDataLoss, "a segment has a malformed key"};
      }
      Status status = visit(LoadBig16(rows->key().data() + 10), rows->value().ToStringView());
      if (!status) {
        return status;
      }
    }
    return FromRocks(rows->status(), "read a segment");
  }

 private:
  const std::shared_ptr<Database::Impl> impl_;
  const std::uint64_t id_;
};

// Waits out a write stall for a while: RocksDB itself would wait without a bound.
rocksdb::Status WriteBounded(rocksdb::DB& db, rocksdb::WriteBatch& batch, bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  options.no_slowdown = true;
  const auto give_up = std::chrono::steady_clock::now() + kLongestStall;
  rocksdb::Status written = db.Write(options, &batch);
  while (written.IsIncomplete() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(kStallStep);
    written = db.Write(options, &batch);
  }
  return written;
}

}  // namespace

Result<std::unique_ptr<Database>> Database::Open(const Options& options) {
  std::error_code error;
  fs::create_directories(options.directory + "/ingest", error);
  if (error) {
    return Unavailable("make " + options.directory + ": " + error.message());
  }
  auto impl = std::make_shared<Impl>();
  impl->directory = options.directory;
  impl->options = MakeOptions(options);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(impl->options, options.directory,
                                                   impl->Descriptors(), &impl->families, &db);
  if (!opened.ok()) {
    const std::string text = opened.ToString();
    return IsLockError(text)
               ? Error{ErrorCode::kFailedPrecondition,
                       options.directory + ": another process owns this store (" + text + ")"}
               : Error{CodeOf(opened), "open " + options.directory + ": " + text};
  }
  impl->db.reset(db);
  // What a crash left of segments that were never ingested.
  for (const auto& file : fs::directory_iterator(impl->ingest_folder(), error)) {
    std::error_code ignored;
    fs::remove(file.path(), ignored);
  }
  std::unique_ptr<Database> database(new Database(std::move(impl)));
  if (Status format = database->CheckFormat(true); !format) {
    return std::move(format.error()).Wrap(options.directory);
  }
  return database;
}

Result<std::unique_ptr<Database>> Database::OpenSecondary(const Options& options,
                                                          const std::string& secondary_directory) {
  auto impl = std::make_shared<Impl>();
  impl->directory = options.directory;
  impl->options = MakeOptions(options);
  impl->options.create_if_missing = false;
  impl->options.create_missing_column_families = false;
  // Every file is held open, so that the owner may delete what a reader still looks at.
  impl->options.max_open_files = -1;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::OpenAsSecondary(impl->options, options.directory, secondary_directory,
                                   impl->Descriptors(), &impl->families, &db);
  if (!opened.ok()) {
    return Error{CodeOf(opened), "open " + options.directory + ": " + opened.ToString()};
  }
  impl->db.reset(db);
  std::unique_ptr<Database> database(new Database(std::move(impl)));
  if (Status format = database->CheckFormat(false); !format) {
    return std::move(format.error()).Wrap(options.directory);
  }
  return database;
}

Database::~Database() = default;

Status Database::CheckFormat(bool may_create) {
  std::string value;
  const rocksdb::Status read =
      impl_->db->Get({}, impl_->main(), rocksdb::Slice(kFormatKey), &value);
  if (read.IsNotFound() && may_create) {
    rocksdb::WriteBatch batch;
    std::string version;
    AppendBig32(version, kFormatVersion);
    (void)batch.Put(impl_->main(), rocksdb::Slice(kFormatKey), version);
    return FromRocks(WriteBounded(*impl_->db, batch, true), "write the format version");
  }
  if (read.IsNotFound()) {
    return Unavailable("no store of this format there yet");
  }
  if (Status status = FromRocks(read, "read the format version"); !status) {
    return status;
  }
  if (value.size() != 4 || LoadBig32(value.data()) != kFormatVersion) {
    return Error{ErrorCode::kFailedPrecondition, "the store's format is not version " +
                                                     std::to_string(kFormatVersion) +
                                                     ", which this program reads"};
  }
  return {};
}

Status Database::Append(const std::vector<Record>& records, bool sync) {
  rocksdb::WriteBatch batch;
  for (const auto& [number, bytes] : records) {
    (void)batch.Put(impl_->log(), RecordKey(number), rocksdb::Slice(bytes.data(), bytes.size()));
  }
  return FromRocks(WriteBounded(*impl_->db, batch, sync), "write to the log");
}

Status Database::SyncLog() { return FromRocks(impl_->db->SyncWAL(), "sync the log"); }

Status Database::ForEachRecord(
    std::uint64_t first,
    const std::function<Result<bool>(std::uint64_t, std::string_view)>& visit) {
  const std::unique_ptr<rocksdb::Iterator> rows(impl_->db->NewIterator({}, impl_->log()));
  for (rows->Seek(RecordKey(first)); rows->Valid(); rows->Next()) {
    if (rows->key().size() != 8) {
      return Error{ErrorCode::kDataLoss, "the log has a malformed key"};
    }
    const Result<bool> goes_on = visit(LoadBig64(rows->key().data()), rows->value().ToStringView());
    if (!goes_on) {
      return goes_on.error();
    }
    if (!*goes_on) {
      return {};
    }
  }
  return FromRocks(rows->status(), "read the log");
}

Status Database::IngestSegment(std::uint64_t id, const SegmentImage& image) {
  const std::string path = impl_->ingest_folder() + "/" + std::to_string(id) + ".sst";
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), impl_->options, impl_->segments());
  rocksdb::Status status = writer.Open(path);
  for (std::size_t i = 0; status.ok() && i < image.chunks.size(); ++i) {
    const SegmentChunkData& chunk = image.chunks[i];
    status = writer.Put(SegmentChunkKey{id, chunk.group, chunk.chunk}.ToBytes(), chunk.bytes);
  }
  if (status.ok()) {
    status = writer.Finish();
  }
  if (status.ok()) {
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.write_global_seqno = false;
    status = impl_->db->IngestExternalFile(impl_->segments(), {path}, options);
  }
  if (!status.ok()) {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
  return FromRocks(status, "ingest a segment");
}

Status Database::CommitSegment(const SegmentEntry& entry, const std::vector<CatalogRow>& rows) {
  rocksdb::WriteBatch batch;
  (void)batch.Put(impl_->main(), SegmentRowKey(entry.id), SegmentRowValue(entry));
  for (const CatalogRow& row : rows) {
    ByteWriter value;
    value.Byte(kRowVersion);
    value.Fixed(row.last_seen_ns);
    const std::string_view bytes = value.view();
    (void)batch.Put(impl_->main(), OperationRowKey(row),
                    rocksdb::Slice(bytes.data(), bytes.size()));
  }
  (void)batch.Put(impl_->main(), rocksdb::Slice(kSealedKey), RecordKey(entry.last_record));
  // Heads are sealed in order: everything before goes too, damaged records included.
  (void)batch.DeleteRange(impl_->log(), RecordKey(0), RecordKey(entry.last_record + 1));
  // Durable before anything of the log goes: else a power cut could take both.
  return FromRocks(WriteBounded(*impl_->db, batch, true), "commit a segment");
}

Status Database::TrimLog(std::uint64_t last_record) {
  const std::string end = RecordKey(last_record);
  const rocksdb::Slice last(end);
  return FromRocks(rocksdb::DeleteFilesInRange(impl_->db.get(), impl_->log(), nullptr, &last),
                   "trim the log");
}

Status Database::UnlistSegment(std::uint64_t id) {
  rocksdb::WriteBatch batch;
  (void)batch.Delete(impl_->main(), SegmentRowKey(id));
  return FromRocks(WriteBounded(*impl_->db, batch, true), "drop a segment");
}

Status Database::DeleteSegment(std::uint64_t id) {
  const std::string first = SegmentChunkKey{id, 0, 0}.ToBytes();
  const std::string last = SegmentChunkKey{id, 0xffff, 0xffff}.ToBytes();
  const rocksdb::Slice begin(first);
  const rocksdb::Slice end(last);
  return FromRocks(rocksdb::DeleteFilesInRange(impl_->db.get(), impl_->segments(), &begin, &end),
                   "delete a segment");
}

Result<std::vector<SegmentEntry>> Database::ListSegments() {
  std::vector<SegmentEntry> entries;
  const std::unique_ptr<rocksdb::Iterator> rows(impl_->db->NewIterator({}, impl_->main()));
  const rocksdb::Slice prefix(&kSegmentRow, 1);
  for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
    const Result<SegmentEntry> entry = ParseSegmentRow(rows->key(), rows->value());
    if (!entry) {
      return entry.error();
    }
    entries.push_back(*entry);
  }
  if (Status status = FromRocks(rows->status(), "list the segments"); !status) {
    return status.error();
  }
  return entries;
}

Result<std::uint64_t> Database::SealedThrough() {
  std::string value;
  const rocksdb::Status read =
      impl_->db->Get({}, impl_->main(), rocksdb::Slice(kSealedKey), &value);
  if (read.IsNotFound()) {
    return std::uint64_t{0};
  }
  if (Status status = FromRocks(read, "read what is sealed"); !status) {
    return status.error();
  }
  if (value.size() != 8) {
    return Error{ErrorCode::kDataLoss, "the store's note of what is sealed is malformed"};
  }
  return LoadBig64(value.data());
}

Result<std::vector<CatalogRow>> Database::ListCatalog() {
  std::vector<CatalogRow> result;
  const std::unique_ptr<rocksdb::Iterator> rows(impl_->db->NewIterator({}, impl_->main()));
  const rocksdb::Slice prefix(&kOperationRow, 1);
  for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
    Result<CatalogRow> row = ParseOperationRow(rows->key(), rows->value());
    if (!row) {
      return row.error();
    }
    result.push_back(std::move(*row));
  }
  if (Status status = FromRocks(rows->status(), "list the operations"); !status) {
    return status.error();
  }
  return result;
}

Status Database::DropCatalogRows(const std::vector<CatalogRow>& rows) {
  rocksdb::WriteBatch batch;
  for (const CatalogRow& row : rows) {
    (void)batch.Delete(impl_->main(), OperationRowKey(row));
  }
  return FromRocks(WriteBounded(*impl_->db, batch, false), "drop operations");
}

Result<std::vector<std::uint64_t>> Database::SegmentsWithChunks() {
  std::vector<std::uint64_t> ids;
  const std::unique_ptr<rocksdb::Iterator> rows(impl_->db->NewIterator({}, impl_->segments()));
  for (rows->SeekToFirst(); rows->Valid();) {
    if (rows->key().size() != SegmentChunkKey::kBytes) {
      return Error{ErrorCode::kDataLoss, "a segment has a malformed key"};
    }
    ids.push_back(LoadBig64(rows->key().data()));
    rows->Seek(SegmentChunkKey{ids.back() + 1, 0, 0}.ToBytes());
  }
  if (Status status = FromRocks(rows->status(), "look for segments"); !status) {
    return status.error();
  }
  return ids;
}

std::shared_ptr<ChunkSource> Database::ChunksOf(std::uint64_t id) {
  return std::make_shared<DatabaseChunks>(impl_, id);
}

Status Database::CatchUp() {
  return FromRocks(impl_->db->TryCatchUpWithPrimary(), "follow the owner of the store");
}

std::uint64_t Database::Property(const std::string& name) const {
  std::uint64_t value = 0;
  return impl_->db->GetAggregatedIntProperty(name, &value) ? value : 0;
}

std::uint64_t Database::SegmentFileBytes() const {
  std::uint64_t value = 0;
  return impl_->db->GetIntProperty(impl_->segments(), "rocksdb.total-sst-files-size", &value)
             ? value
             : 0;
}

}  // namespace pugmark::engine
