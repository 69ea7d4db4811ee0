#include <stdlib.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "common/log/log.h"
#include "storage/rocks/engine/engine_options.h"
#include "storage/rocks/engine/engine_reader.h"
#include "storage/rocks/engine/engine_writer.h"
#include "storage/rocks/engine/follower.h"
#include "storage/rocks/engine/recovery.h"
#include "storage/rocks/engine/search.h"
#include "storage/rocks/json_numbers.h"
#include "storage/rocks/owner_storage.h"

namespace pugmark::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kDrainAtEnd{5};

// A folder that is removed, with what is in it, at the end.
class TemporaryFolder {
 public:
  static Result<std::unique_ptr<TemporaryFolder>> Make() {
    std::error_code error;
    std::string path = (fs::temp_directory_path(error) / "pugmark-XXXXXX").string();
    if (error || mkdtemp(path.data()) == nullptr) {
      return Unavailable("make the temporary folder " + path);
    }
    return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(path));
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  const std::string path_;
};

// What the parts share, made before them and freed after them.
struct Foundation {
  explicit Foundation(std::function<void(const std::string& why)> on_fatal)
      : state(std::move(on_fatal)) {}

  std::unique_ptr<TemporaryFolder> folder;  // of an ephemeral store, else null
  rocks::StoreState state;
  std::unique_ptr<Database> database;
  LiveStore store;
  ServiceCatalog catalog;
  std::uint64_t damaged_records = 0;
};

class OwnerStorage : public Storage {
 public:
  OwnerStorage(std::unique_ptr<Foundation> foundation, const RocksConfig& config,
               Recovered recovered, HeadRun newest, const rocks::RocksEnvironment& environment,
               const EngineOptions& options)
      : options_(options),
        foundation_(std::move(foundation)),
        reader_(foundation_->store, foundation_->catalog),
        sealer_(*foundation_->database, foundation_->store, foundation_->catalog,
                foundation_->state, config.directory, config.span_store_ttl,
                recovered.newest_segment, environment, options),
        writer_(*foundation_->database, foundation_->store, foundation_->catalog, sealer_,
                foundation_->state, config.sync_mode(), std::move(newest), recovered.next_record,
                *environment.clock, options) {}
  ~OwnerStorage() override { (void)Drain(std::chrono::steady_clock::now() + kDrainAtEnd); }

  const Capabilities& capabilities() const override { return capabilities_; }
  SpanWriter* span_writer() override { return &writer_; }
  TraceReader& trace_reader() override { return reader_; }
  DependencyReader* dependency_reader() override { return &reader_; }
  MetricsReader* metrics_reader() override { return &reader_; }

  Status Health() override { return foundation_->state.MayWrite(); }
  std::string DebugJson() override;
  Status Drain(std::chrono::steady_clock::time_point deadline) override;

  Sealer& sealer() { return sealer_; }

 private:
  const Capabilities capabilities_ = rocks::RocksCapabilities(true);
  const EngineOptions options_;
  const std::unique_ptr<Foundation> foundation_;
  EngineReader reader_;
  Sealer sealer_;
  EngineWriter writer_;  // last: it hands heads to the sealer until its end
};

std::string OwnerStorage::DebugJson() {
  const EngineWriter::Counts writes = writer_.counts();
  const rocks::GroupCommit::Counts commits = writer_.commits();
  const Sealer::Counts sealed = sealer_.counts();
  std::uint64_t segment_bytes = 0;
  std::uint64_t segment_rows = 0;
  std::uint64_t table_bytes = 0;
  const std::shared_ptr<const SegmentList> segments = foundation_->store.segments();
  for (const SegmentRef& segment : *segments) {
    segment_bytes += segment.entry.bytes;
    segment_rows += segment.entry.rows;
    table_bytes += segment.segment->table_bytes();
  }
  return rocks::JsonNumbers()
      .Add("written_batches", writes.batches)
      .Add("written_spans", writes.spans)
      .Add("record_bytes", writes.record_bytes)
      .Add("refused_batches", writes.refused_batches)
      .Add("queued_bytes", writes.queued_bytes)
      .Add("syncs", commits.syncs)
      .Add("waiting_for_sync", commits.waiting)
      .Add("head_rows", foundation_->store.head_rows())
      .Add("head_bytes", foundation_->store.head_bytes())
      .Add("segments", segments->size())
      .Add("segment_rows", segment_rows)
      .Add("segment_bytes", segment_bytes)
      .Add("segment_file_bytes", foundation_->database->SegmentFileBytes())
      .Add("segment_table_bytes", table_bytes)
      .Add("sealed_segments", sealed.segments)
      .Add("sealed_rows", sealed.rows)
      .Add("sealed_duplicates", sealed.duplicates)
      .Add("dropped_segments", sealed.dropped_segments)
      .Add("listed_operations", foundation_->catalog.size())
      .Add("damaged_records", foundation_->damaged_records)
      .Add("damaged_parts", DamagedParts())
      .Add("block_cache_bytes", foundation_->database->Property("rocksdb.block-cache-usage"))
      .Add("memtable_bytes", foundation_->database->Property("rocksdb.cur-size-all-mem-tables"))
      .Add("is_space_low", foundation_->state.is_space_low() ? 1 : 0)
      .Add("has_failed", foundation_->state.is_fatal() ? 1 : 0)
      .Take();
}

Status OwnerStorage::Drain(std::chrono::steady_clock::time_point deadline) {
  const Error late{ErrorCode::kDeadlineExceeded, "the store did not finish its writes in time"};
  foundation_->state.SetDraining();
  if (!writer_.WaitIdle(deadline)) {
    return late;
  }
  writer_.SealAtEnd(options_.least_rows_sealed_at_end);
  if (!sealer_.WaitIdle(deadline)) {
    return late;
  }
  return foundation_->state.is_fatal() ? Status() : foundation_->database->SyncLog();
}

Result<std::unique_ptr<Storage>> OpenOwner(const RocksConfig& wanted,
                                           std::function<void(const std::string& why)> on_fatal,
                                           const rocks::RocksEnvironment& environment,
                                           const EngineOptions& wanted_options) {
  RocksConfig config = wanted;
  auto foundation = std::make_unique<Foundation>(std::move(on_fatal));
  if (config.ephemeral) {
    Result<std::unique_ptr<TemporaryFolder>> made = TemporaryFolder::Make();
    if (!made) {
      return made.error();
    }
    foundation->folder = std::move(*made);
    config.directory = foundation->folder->path();
  }
  EngineOptions options = wanted_options;
  if (config.span_store_ttl.count() != 0) {
    // A head is dropped as a whole, with its segment: it must not hold spans for long.
    options.seal_age = std::min(options.seal_age, std::max<Nanoseconds>(config.span_store_ttl / 8,
                                                                        std::chrono::seconds(1)));
  }
  Database::Options database_options;
  database_options.directory = config.directory;
  database_options.cache_bytes = options.cache_bytes;
  database_options.on_background_error = [&state = foundation->state](const std::string& why) {
    state.SetFatal(why);
  };
  Result<std::unique_ptr<Database>> database = Database::Open(database_options);
  if (!database) {
    return database.error();
  }
  foundation->database = std::move(*database);
  Result<Recovered> recovered = Recover(*foundation->database);
  if (!recovered) {
    return std::move(recovered.error()).Wrap(config.directory);
  }
  foundation->damaged_records = recovered->damaged_records;
  Result<std::vector<CatalogRow>> listed = foundation->database->ListCatalog();
  if (!listed) {
    return std::move(listed.error()).Wrap(config.directory);
  }
  foundation->catalog.Load(*listed);
  SegmentList segments;
  for (const SegmentEntry& entry : recovered->segments) {
    segments.push_back(
        {std::make_shared<Segment>(entry.id, foundation->database->ChunksOf(entry.id)), entry});
  }
  foundation->store.SetSegments(std::move(segments));
  for (const HeadRun& run : recovered->heads) {
    foundation->store.AddHead(run.head);
    foundation->catalog.Add(*run.head, 0, environment.clock->Now().time_since_epoch().count());
  }
  HeadRun newest;
  std::vector<HeadRun> full = std::move(recovered->heads);
  if (!full.empty() && recovered->newest_is_usable) {
    newest = std::move(full.back());
    full.pop_back();
  }
  auto storage =
      std::make_unique<OwnerStorage>(std::move(foundation), config, std::move(*recovered),
                                     std::move(newest), environment, options);
  for (HeadRun& run : full) {
    if (!storage->sealer().Submit(std::move(run))) {
      return Unavailable(config.directory + ": a head of the last run cannot be sealed");
    }
  }
  return storage;
}

class ReaderStorage : public Storage {
 public:
  explicit ReaderStorage(std::unique_ptr<Follower> follower)
      : follower_(std::move(follower)), reader_(*follower_, follower_->catalog()) {}

  const Capabilities& capabilities() const override { return capabilities_; }
  SpanWriter* span_writer() override { return nullptr; }
  TraceReader& trace_reader() override { return reader_; }
  DependencyReader* dependency_reader() override { return &reader_; }
  MetricsReader* metrics_reader() override { return &reader_; }
  Status Health() override { return follower_->Health(); }
  std::string DebugJson() override {
    const Follower::Counts counts = follower_->counts();
    return rocks::JsonNumbers()
        .Add("catch_ups", counts.catch_ups)
        .Add("views", counts.views)
        .Add("delayed_views", counts.delayed)
        .Add("damaged_records", counts.damaged_records)
        .Add("damaged_parts", DamagedParts())
        .Take();
  }
  Status Drain(std::chrono::steady_clock::time_point /*deadline*/) override { return {}; }

 private:
  const Capabilities capabilities_ = rocks::RocksCapabilities(false);
  const std::unique_ptr<Follower> follower_;
  EngineReader reader_;
};

}  // namespace

Result<std::unique_ptr<Storage>> OpenEngineStorage(
    const RocksConfig& config, StorageRole role, Metrics& /*metrics*/,
    std::function<void(const std::string& why)> on_fatal,
    const rocks::RocksEnvironment& environment, const EngineOptions& options) {
  if (Status valid = config.Validate(); !valid) {
    return valid.error();
  }
  if (role == StorageRole::kOwner) {
    return OpenOwner(config, std::move(on_fatal), environment, options);
  }
  if (config.ephemeral) {
    return InvalidArgument(
        "rocksdb.ephemeral: an ephemeral store cannot be read by another process");
  }
  Result<std::unique_ptr<Follower>> follower = Follower::Open(config.directory, options);
  if (!follower) {
    return follower.error();
  }
  return std::make_unique<ReaderStorage>(std::move(*follower));
}

}  // namespace pugmark::engine
