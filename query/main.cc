// pugmark-query: the query service as a process of its own.
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "common/log/log.h"
#include "common/service/daemon.h"
#include "query/query.h"
#include "storage/storage_config.h"

namespace pugmark {
namespace {

constexpr std::chrono::milliseconds kRetryInterval{500};

struct Options {
  QueryConfig query;
  StorageConfig storage;
};

// Waits for `interval`; false as soon as `stop` is asked for.
bool WaitUnlessStopped(const std::stop_token& stop, std::chrono::milliseconds interval) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, interval, [] { return false; });
  return !stop.stop_requested();
}

// Opens the store, waiting until its owner has created it.
Result<std::unique_ptr<Storage>> OpenStorage(const ServiceContext& context,
                                             const StorageConfig& config) {
  // The embedded store belongs to the collector; the memory store to whoever has it.
  const StorageRole role =
      config.type == StorageType::kMemory ? StorageRole::kOwner : StorageRole::kReader;
  for (;;) {
    auto storage = config.Open(role, context.metrics, [&context](const std::string& why) {
      context.request_exit(kExitStoreFatal, why);
    });
    if (storage.ok() || storage.error().code != ErrorCode::kUnavailable) {
      return storage;
    }
    PUGMARK_LOG_THROTTLED(
        LogLevel::kInfo, "waiting for the store: its owner, usually the collector, creates it",
        {"directory", config.rocks.directory}, {"reason", storage.error().message});
    if (!WaitUnlessStopped(context.stop, kRetryInterval)) {
      return Error{ErrorCode::kCancelled, "asked to stop while waiting for the store"};
    }
  }
}

// The service with the storage that it reads.
class QueryDaemon : public Service {
 public:
  QueryDaemon(std::unique_ptr<Storage> storage, std::unique_ptr<Query> query)
      : storage_(std::move(storage)), query_(std::move(query)) {}

  void Stop(std::chrono::steady_clock::time_point deadline) override {
    query_->Stop(deadline);
    if (const Status drained = storage_->Drain(deadline); !drained.ok()) {
      Log(LogLevel::kWarn, "storage did not close in order", {{"error", drained.error().message}});
    }
  }

 private:
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Query> query_;
};

Result<std::unique_ptr<Service>> Start(const ServiceContext& context, const Options& options) {
  auto storage = OpenStorage(context, options.storage);
  if (!storage.ok()) {
    return std::move(storage).error();
  }
  Storage& opened = **storage;
  auto query = Query::Start(context, options.query, opened);
  if (!query.ok()) {
    return std::move(query).error();
  }
  context.admin.AddReadinessCheck("storage", [&opened] { return opened.Health(); });
  context.admin.AddDebugVariable("storage", [&opened] { return opened.DebugJson(); });
  return std::unique_ptr<Service>(
      std::make_unique<QueryDaemon>(*std::move(storage), *std::move(query)));
}

int Main(int argc, char** argv) {
  Options options;
  DaemonDescription daemon;
  daemon.name = "pugmark-query";
  daemon.summary = "Answers lookups and searches of traces over HTTP, as jaeger-query does.";
  daemon.default_admin_address = ":16687";
  daemon.register_options = [&options](OptionSet& set,
                                       const std::map<std::string, std::string>& environment) {
    if (Status selected = options.storage.SelectType(environment); !selected.ok()) {
      return selected;
    }
    options.query.storage_kind =
        options.storage.type == StorageType::kMemory ? "memory" : "rocksdb";
    options.query.RegisterOptions(set);
    options.storage.RegisterOptions(set);
    return Status();
  };
  daemon.validate = [&options]() -> Status {
    if (Status valid = options.query.Validate(); !valid.ok()) {
      return valid;
    }
    return options.storage.Validate();
  };
  daemon.start = [&options](const ServiceContext& context) { return Start(context, options); };
  return RunDaemon(argc, argv, daemon);
}

}  // namespace
}  // namespace pugmark

int main(int argc, char** argv) { return pugmark::Main(argc, argv); }
