// pugmark-all-in-one: agent, collector and query in one process over one store.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "agent/agent.h"
#include "collector/collector.h"
#include "common/log/log.h"
#include "common/service/daemon.h"
#include "query/query.h"
#include "storage/storage_config.h"

namespace pugmark {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

struct Options {
  StorageConfig storage;
  AgentConfig agent;
  CollectorConfig collector;
  QueryConfig query;
  std::map<std::string, std::string> environment;
};

// The three services and the store below them, in the order in which they start.
class AllInOne : public Service {
 public:
  static Result<std::unique_ptr<Service>> Start(const ServiceContext& context,
                                                const Options& options);

  // Against the flow of the data, so that each part still has below it what it drains into. No
  // part may spend more than half of the time that is left: the store needs some.
  void Stop(Deadline deadline) override {
    agent_->Stop(HalfWay(deadline));
    collector_->Stop(HalfWay(deadline));
    query_->Stop(HalfWay(deadline));
    if (const Status drained = storage_->Drain(deadline); !drained.ok()) {
      Log(LogLevel::kWarn, "store not drained", {{"error", drained.error().message}});
    }
  }

 private:
  static Deadline HalfWay(Deadline deadline) {
    const Deadline now = std::chrono::steady_clock::now();
    return now + std::max(deadline - now, Deadline::duration::zero()) / 2;
  }

  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Collector> collector_;
  std::unique_ptr<Query> query_;
  std::unique_ptr<Agent> agent_;
};

// Where the agent finds the collector of this process.
std::string OwnCollector(const HostPort& listens, std::uint16_t port) {
  const bool any = listens.host.empty() || listens.host == "0.0.0.0" || listens.host == "::";
  return HostPort{any ? "localhost" : listens.host, port}.ToString();
}

Result<std::unique_ptr<Service>> AllInOne::Start(const ServiceContext& context,
                                                 const Options& options) {
  auto parts = std::make_unique<AllInOne>();
  const auto request_exit = context.request_exit;
  auto storage = options.storage.Open(
      StorageRole::kOwner, context.metrics,
      [request_exit](const std::string& why) { request_exit(kExitStoreFatal, why); });
  if (!storage.ok()) {
    return std::move(storage).error();
  }
  parts->storage_ = *std::move(storage);
  Storage& opened = *parts->storage_;
  context.admin.AddReadinessCheck("storage", [&opened] { return opened.Health(); });
  context.admin.AddDebugVariable("storage", [&opened] { return opened.DebugJson(); });
  context.admin.AddDebugVariable("services",
                                 [] { return std::string(R"(["agent","collector","query"])"); });
  AddBuildInfo(context.metrics, "");

  auto collector = Collector::Start(context, options.collector, options.environment, opened);
  if (!collector.ok()) {
    return std::move(collector).error();
  }
  parts->collector_ = *std::move(collector);
  auto query = Query::Start(context, options.query, opened);
  if (!query.ok()) {
    return std::move(query).error();
  }
  parts->query_ = *std::move(query);

  AgentConfig agent_config = options.agent;
  if (agent_config.reporter.collectors.empty()) {
    agent_config.reporter.collectors = {
        OwnCollector(options.collector.grpc.address, parts->collector_->grpc_port())};
  }
  auto agent = Agent::Start(context, agent_config, options.environment);
  if (!agent.ok()) {
    return std::move(agent).error();
  }
  parts->agent_ = *std::move(agent);
  return std::unique_ptr<Service>(std::move(parts));
}

Status RegisterOptions(Options& options, OptionSet& set,
                       const std::map<std::string, std::string>& environment) {
  options.environment = environment;
  if (Status selected = options.storage.SelectType(environment); !selected.ok()) {
    return selected;
  }
  if (Status selected = options.collector.SelectSampling(environment); !selected.ok()) {
    return selected;
  }
  options.query.storage_kind = options.storage.type == StorageType::kMemory ? "memory" : "rocksdb";
  options.storage.RegisterOptions(set);
  options.collector.RegisterOptions(set);
  options.query.RegisterOptions(set);
  options.agent.RegisterOptions(set, /*all_in_one=*/true);
  return {};
}

Status Validate(const Options& options) {
  if (Status valid = options.storage.Validate(); !valid.ok()) {
    return valid;
  }
  if (Status valid = options.collector.Validate(); !valid.ok()) {
    return valid;
  }
  if (Status valid = options.query.Validate(); !valid.ok()) {
    return valid;
  }
  return options.agent.Validate(/*all_in_one=*/true);
}

int Main(int argc, char** argv) {
  Options options;
  DaemonDescription description;
  description.name = "pugmark-all-in-one";
  description.summary = "Agent, collector and query in one process over one store.";
  description.default_admin_address = ":14269";
  description.register_options = [&](OptionSet& set,
                                     const std::map<std::string, std::string>& environment) {
    return RegisterOptions(options, set, environment);
  };
  description.validate = [&] { return Validate(options); };
  description.start = [&](const ServiceContext& context) {
    return AllInOne::Start(context, options);
  };
  return RunDaemon(argc, argv, description);
}

}  // namespace
}  // namespace pugmark

int main(int argc, char** argv) { return pugmark::Main(argc, argv); }
