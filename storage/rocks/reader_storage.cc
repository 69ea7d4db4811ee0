#include "storage/rocks/reader_storage.h"

#include <utility>

#include "storage/rocks/json_numbers.h"
#include "storage/rocks/owner_storage.h"
#include "storage/rocks/reader_database.h"
#include "storage/rocks/retention.h"
#include "storage/rocks/rocks_analytics.h"
#include "storage/rocks/rocks_reader.h"

namespace pugmark::rocks {
namespace {

class ReaderStorage : public Storage {
 public:
  ReaderStorage(std::unique_ptr<ReaderDatabase> database, Nanoseconds ttl, const Clock& clock)
      : retention_(ttl, clock),
        database_(std::move(database)),
        reader_(*database_, [this] { return retention_.OldestKept(); }),
        dependencies_(*database_, [this] { return retention_.OldestKept(); }),
        metrics_(*database_, [this] { return retention_.OldestKept(); }) {}

  const Capabilities& capabilities() const override { return capabilities_; }
  SpanWriter* span_writer() override { return nullptr; }
  TraceReader& trace_reader() override { return reader_; }
  DependencyReader* dependency_reader() override { return &dependencies_; }
  MetricsReader* metrics_reader() override { return &metrics_; }

  Status Health() override { return database_->Health(); }
  std::string DebugJson() override {
    const ReaderDatabase::Counts counts = database_->counts();
    return JsonNumbers()
        .Add("catch_ups", counts.catch_ups)
        .Add("reopened", counts.reopened)
        .Add("longest_catch_up_us", counts.longest.count())
        .Take();
  }
  Status Drain(std::chrono::steady_clock::time_point /*deadline*/) override { return {}; }

 private:
  const Capabilities capabilities_ = RocksCapabilities(false);
  const Retention retention_;
  const std::unique_ptr<ReaderDatabase> database_;
  RocksReader reader_;
  RocksDependencies dependencies_;
  RocksMetrics metrics_;
};

}  // namespace

Result<std::unique_ptr<Storage>> OpenReader(const RocksConfig& config,
                                            const RocksEnvironment& environment) {
  if (config.ephemeral) {
    return InvalidArgument(
        "rocksdb.ephemeral: an ephemeral store cannot be read by another process");
  }
  Result<std::unique_ptr<ReaderDatabase>> database =
      ReaderDatabase::Open(config.directory, environment.file_system);
  if (!database) {
    return std::move(database.error());
  }
  return std::make_unique<ReaderStorage>(std::move(*database), config.span_store_ttl,
                                         *environment.clock);
}

}  // namespace pugmark::rocks
