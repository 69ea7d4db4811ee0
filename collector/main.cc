// pugmark-collector: options, store, collector, shutdown.
#include <memory>
#include <utility>

#include "collector/collector.h"
#include "common/log/log.h"
#include "common/service/daemon.h"
#include "storage/storage_config.h"

namespace pugmark {
namespace {

// The collector over the store that it owns.
class CollectorDaemon : public Service {
 public:
  CollectorDaemon(std::unique_ptr<Storage> storage, std::unique_ptr<Collector> collector)
      : storage_(std::move(storage)), collector_(std::move(collector)) {}

  void Stop(std::chrono::steady_clock::time_point deadline) override {
    collector_->Stop(deadline);
    if (const Status drained = storage_->Drain(deadline); !drained.ok()) {
      Log(LogLevel::kWarn, "store not drained", {{"error", drained.error().message}});
    }
  }

 private:
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Collector> collector_;
};

struct Options {
  StorageConfig storage;
  CollectorConfig collector;
  std::map<std::string, std::string> environment;
};

Status RegisterOptions(Options& options, OptionSet& set,
                       const std::map<std::string, std::string>& environment) {
  options.environment = environment;
  if (auto selected = options.storage.SelectType(environment); !selected.ok()) {
    return selected;
  }
  if (auto selected = options.collector.SelectSampling(environment); !selected.ok()) {
    return selected;
  }
  options.storage.RegisterOptions(set);
  options.collector.RegisterOptions(set);
  return {};
}

Status Validate(const Options& options) {
  if (auto valid = options.storage.Validate(); !valid.ok()) {
    return valid;
  }
  return options.collector.Validate();
}

Result<std::unique_ptr<Service>> Start(const Options& options, ServiceContext context) {
  const auto request_exit = context.request_exit;
  auto storage = options.storage.Open(
      StorageRole::kOwner, context.metrics,
      [request_exit](const std::string& why) { request_exit(kExitStoreFatal, why); });
  if (!storage.ok()) {
    return std::move(storage).error();
  }
  Storage& opened = **storage;
  context.admin.AddReadinessCheck("storage", [&opened] { return opened.Health(); });
  context.admin.AddDebugVariable("storage", [&opened] { return opened.DebugJson(); });
  AddBuildInfo(context.metrics, "collector");
  auto collector = Collector::Start(context, options.collector, options.environment, opened);
  if (!collector.ok()) {
    return std::move(collector).error();
  }
  return std::unique_ptr<Service>(
      std::make_unique<CollectorDaemon>(*std::move(storage), *std::move(collector)));
}

int Main(int argc, char** argv) {
  Options options;
  return RunDaemon(
      argc, argv,
      {.name = "pugmark-collector",
       .summary = "Receives spans, validates them and writes them to the store.",
       .default_admin_address = ":14269",
       .register_options =
           [&](OptionSet& set, const std::map<std::string, std::string>& environment) {
             return RegisterOptions(options, set, environment);
           },
       .validate = [&] { return Validate(options); },
       .start = [&](ServiceContext context) { return Start(options, std::move(context)); }});
}

}  // namespace
}  // namespace pugmark

int main(int argc, char** argv) { return pugmark::Main(argc, argv); }
