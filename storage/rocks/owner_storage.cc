#include "storage/rocks/owner_storage.h"

#include <stdlib.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "common/log/log.h"
#include "storage/rocks/catalog.h"
#include "storage/rocks/json_numbers.h"
#include "storage/rocks/maintenance.h"
#include "storage/rocks/owner_database.h"
#include "storage/rocks/retention.h"
#include "storage/rocks/rocks_analytics.h"
#include "storage/rocks/rocks_reader.h"
#include "storage/rocks/rocks_writer.h"
#include "storage/rocks/sampling_rows.h"
#include "storage/rocks/store_state.h"

namespace pugmark::rocks {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kDrainAtEnd{5};

// Removes a folder, with what is in it, at the end.
class TemporaryFolder {
 public:
  static Result<std::unique_ptr<TemporaryFolder>> Make() {
    std::error_code error;
    std::string path = (fs::temp_directory_path(error) / "pugmark-XXXXXX").string();
    if (error || mkdtemp(path.data()) == nullptr) {
      return Unavailable(
          "make the temporary folder " + path + ": " +
          (error ? error : std::error_code(errno, std::generic_category())).message());
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
  std::unique_ptr<TemporaryFolder> folder;  // of an ephemeral store, else null
  // Shared with the callbacks of the database, which a stream that is still open keeps open.
  std::shared_ptr<StoreState> state;
  std::shared_ptr<Retention> retention;
  std::unique_ptr<OwnerDatabase> database;

  Foundation(std::unique_ptr<TemporaryFolder> temporary,
             std::function<void(const std::string& why)> on_fatal, Nanoseconds ttl,
             const Clock& clock)
      : folder(std::move(temporary)),
        state(std::make_shared<StoreState>(std::move(on_fatal))),
        retention(std::make_shared<Retention>(ttl, clock)) {}

  [[nodiscard]] std::function<BlockId()> OldestKept() const {
    return [shared = retention] { return shared->OldestKept(); };
  }
};

Status LoadCatalog(OwnerDatabase& database, Catalog& catalog) {
  Result<std::unique_ptr<View>> view = database.Pin({});
  if (!view) {
    return std::move(view.error());
  }
  RowIterator& rows = (*view)->index();
  const std::string all(1, static_cast<char>(RowKind::kCatalog));
  for (rows.Seek(all); rows.On(all); rows.Next()) {
    const std::optional<std::string_view> tenant = TenantOfKey(rows.key());
    const std::optional<CatalogRow> row = ParseCatalogValue(rows.value());
    if (tenant && row) {
      catalog.Load(*tenant, *row);
    }
  }
  return rows.status();
}

class OwnerStorage : public Storage {
 public:
  OwnerStorage(std::unique_ptr<Foundation> foundation, std::unique_ptr<Catalog> catalog,
               BlockId newest_block, const RocksConfig& config, Metrics& metrics,
               const RocksEnvironment& environment)
      : foundation_(std::move(foundation)),
        catalog_(std::move(catalog)),
        writer_(database(), *catalog_, state(), config.sync_mode(), newest_block, metrics,
                *environment.clock),
        reader_(database(), foundation_->OldestKept()),
        dependencies_(database(), foundation_->OldestKept()),
        metrics_(database(), foundation_->OldestKept()),
        sampling_(database(), *environment.clock),
        maintenance_(database(), *catalog_, state(), *foundation_->retention, config.directory,
                     newest_block, environment),
        refresh_gauges_(RegisterGauges(metrics)) {}
  ~OwnerStorage() override { (void)Drain(std::chrono::steady_clock::now() + kDrainAtEnd); }

  const Capabilities& capabilities() const override { return capabilities_; }
  SpanWriter* span_writer() override { return &writer_; }
  TraceReader& trace_reader() override { return reader_; }
  DependencyReader* dependency_reader() override { return &dependencies_; }
  MetricsReader* metrics_reader() override { return &metrics_; }
  SamplingStore* sampling_store() override { return &sampling_; }

  Status Health() override { return state().MayWrite(); }
  std::string DebugJson() override;
  Status Drain(std::chrono::steady_clock::time_point deadline) override;

  OwnerDatabase& database() { return *foundation_->database; }
  Maintenance& maintenance() { return maintenance_; }

 private:
  StoreState& state() { return *foundation_->state; }
  std::shared_ptr<Metrics::Hook> RegisterGauges(Metrics& metrics);

  const Capabilities capabilities_ = RocksCapabilities(true);
  const std::unique_ptr<Foundation> foundation_;
  const std::unique_ptr<Catalog> catalog_;
  RocksWriter writer_;
  RocksReader reader_;
  RocksDependencies dependencies_;
  RocksMetrics metrics_;
  RocksSamplingStore sampling_;
  Maintenance maintenance_;  // its thread uses the others
  const std::shared_ptr<Metrics::Hook> refresh_gauges_;
};

std::shared_ptr<Metrics::Hook> OwnerStorage::RegisterGauges(Metrics& metrics) {
  Metrics::Gauge& files =
      metrics.AddGauge("pugmark_rocksdb_file_bytes", "Bytes of the files of stored spans");
  Metrics::Gauge& compaction = metrics.AddGauge("pugmark_rocksdb_pending_compaction_bytes",
                                                "Bytes of files that wait to be rewritten");
  Metrics::Gauge& waiting = metrics.AddGauge("pugmark_rocksdb_waiting_batches",
                                             "Batches that wait for the sync that covers them");
  return metrics.BeforeScrape([this, &files, &compaction, &waiting] {
    files.Set(static_cast<double>(database().Property("rocksdb.total-sst-files-size")));
    compaction.Set(
        static_cast<double>(database().Property("rocksdb.estimate-pending-compaction-bytes")));
    waiting.Set(static_cast<double>(writer_.commits().waiting));
  });
}

std::string OwnerStorage::DebugJson() {
  const RocksWriter::Counts writes = writer_.counts();
  const GroupCommit::Counts commits = writer_.commits();
  return JsonNumbers()
      .Add("written_batches", writes.batches)
      .Add("written_spans", writes.spans)
      .Add("log_bytes", writes.bytes)
      .Add("refused_batches", writes.refused)
      .Add("syncs", commits.syncs)
      .Add("synced_batches", commits.writes)
      .Add("waiting_for_sync", commits.waiting)
      .Add("listed_operations", catalog_->size())
      .Add("file_bytes", database().Property("rocksdb.total-sst-files-size"))
      .Add("live_file_bytes", database().Property("rocksdb.live-sst-files-size"))
      .Add("memtable_bytes", database().Property("rocksdb.cur-size-all-mem-tables"))
      .Add("block_cache_bytes", database().Property("rocksdb.block-cache-usage"))
      .Add("pending_compaction_bytes",
           database().Property("rocksdb.estimate-pending-compaction-bytes"))
      .Add("estimated_rows", database().Property("rocksdb.estimate-num-keys"))
      .Add("is_space_low", state().is_space_low() ? 1 : 0)
      .Add("has_failed", state().is_fatal() ? 1 : 0)
      .Add("was_salvaged", database().salvage_report().empty() ? 0 : 1)
      .Take();
}

Status OwnerStorage::Drain(std::chrono::steady_clock::time_point deadline) {
  state().SetDraining();
  if (!writer_.WaitIdle(deadline)) {
    return Error{ErrorCode::kDeadlineExceeded, "the store did not finish its writes in time"};
  }
  return state().is_fatal() ? Status() : database().Sync();
}

}  // namespace

Capabilities RocksCapabilities(bool is_owner) {
  Capabilities can;
  can.atomic_batch = true;
  can.read_your_writes = is_owner;
  can.exact_limit = true;
  can.newest_first = true;
  can.same_span_conjunction = true;
  can.without_service = true;
  can.summaries = true;
  can.cursors = true;
  can.sampling_lease = is_owner;
  can.metrics = true;
  can.filter_ops = {FilterOp::kAnd,   FilterOp::kOr,    FilterOp::kNot,    FilterOp::kEq,
                    FilterOp::kNe,    FilterOp::kGt,    FilterOp::kLt,     FilterOp::kGte,
                    FilterOp::kLte,   FilterOp::kRegex, FilterOp::kExists, FilterOp::kIn,
                    FilterOp::kNotIn, FilterOp::kSome};
  can.filter_levels = {FilterLevel::kAny,      FilterLevel::kJaegerTag, FilterLevel::kSpan,
                       FilterLevel::kResource, FilterLevel::kScope,     FilterLevel::kEvent,
                       FilterLevel::kLink};
  return can;
}

Result<std::unique_ptr<Storage>> OpenOwner(const RocksConfig& wanted, Metrics& metrics,
                                           std::function<void(const std::string& why)> on_fatal,
                                           const RocksEnvironment& environment) {
  RocksConfig config = wanted;
  std::unique_ptr<TemporaryFolder> folder;
  if (config.ephemeral) {
    Result<std::unique_ptr<TemporaryFolder>> made = TemporaryFolder::Make();
    if (!made) {
      return std::move(made.error());
    }
    folder = std::move(*made);
    config.directory = folder->path();
  }
  auto foundation = std::make_unique<Foundation>(std::move(folder), std::move(on_fatal),
                                                 config.span_store_ttl, *environment.clock);
  OwnerDatabaseOptions options;
  options.directory = config.directory;
  options.ttl = config.span_store_ttl;
  options.droppable_before = [shared = foundation->retention] { return shared->DroppableBefore(); };
  options.on_background_error = [state = foundation->state](const std::string& why) {
    state->SetFatal(why);
  };
  options.file_system = environment.file_system;
  Result<std::unique_ptr<OwnerDatabase>> database = OwnerDatabase::Open(options);
  if (!database) {
    return std::move(database.error());
  }
  foundation->database = std::move(*database);
  if (const std::string& report = foundation->database->salvage_report(); !report.empty()) {
    Log(LogLevel::kError, "store opened without the damaged part of its log",
        {{"directory", config.directory}, {"error", report}});
  }
  const Result<BlockId> newest = foundation->database->NewestBlock();
  if (!newest) {
    return Error(newest.error()).Wrap(config.directory);
  }
  auto catalog = std::make_unique<Catalog>(foundation->retention->CatalogRefresh());
  if (Status loaded = LoadCatalog(*foundation->database, *catalog); !loaded) {
    return std::move(loaded.error()).Wrap(config.directory);
  }
  return std::make_unique<OwnerStorage>(std::move(foundation), std::move(catalog), *newest, config,
                                        metrics, environment);
}

Status CompactForTest(Storage& owner) {
  auto& storage = dynamic_cast<OwnerStorage&>(owner);
  storage.maintenance().Look();
  if (Status flushed = storage.database().Flush(); !flushed) {
    return flushed;
  }
  return storage.database().Compact();
}

}  // namespace pugmark::rocks
