#include "agent/agent.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>
#include <vector>

#include "agent/json_object.h"
#include "agent/receiver/client_statistics.h"
#include "agent/receiver/udp_receiver.h"
#include "agent/reporter/collector_client.h"
#include "agent/reporter/reporter.h"
#include "agent/sampling/sampling_proxy.h"
#include "common/concurrency/byte_budget.h"
#include "common/config/tags.h"
#include "common/log/log.h"

namespace pugmark {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kHttpStopTimeout{5};

std::string JsonText(std::string_view text) {
  std::string json;
  AppendGoJsonString(json, text);
  return json;
}

// The parts, in the order in which they start.
struct Parts {
  AgentTags tags;
  std::unique_ptr<CollectorClient> client;
  std::unique_ptr<Reporter> reporter;
  std::unique_ptr<SamplingProxy> sampling;
  std::unique_ptr<ClientStatistics> clients;
  std::vector<std::unique_ptr<UdpReceiver>> receivers;

  [[nodiscard]] std::string DebugJson(const AgentConfig& config) const {
    JsonObject json;
    json.Raw("reporter", reporter->DebugJson());
    for (std::size_t i = 0; i < receivers.size(); ++i) {
      json.Raw(config.processors[i].name, receivers[i]->DebugJson());
    }
    return json.Close();
  }
};

class RunningAgent : public Agent {
 public:
  explicit RunningAgent(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
  ~RunningAgent() override { Stop(SteadyClock::now()); }

  void Stop(SteadyClock::time_point deadline) override {
    parts_->sampling->Stop(std::min(deadline, SteadyClock::now() + kHttpStopTimeout));
    // Together: each waits for its own queue.
    {
      std::vector<std::jthread> stopping;
      for (const auto& receiver : parts_->receivers) {
        stopping.emplace_back([&receiver, deadline] { receiver->Stop(deadline); });
      }
    }
    parts_->reporter->Stop(deadline);
    parts_->client->Stop();
  }

 private:
  const std::unique_ptr<Parts> parts_;
};

// The admin port asks for them only while the agent runs.
void AddDebugVariables(AdminServer& admin, const AgentConfig& config, const Parts& parts) {
  // Jaeger's names.
  admin.AddDebugVariable("gRPCTarget", [text = JsonText(parts.client->target())] { return text; });
  for (const ProcessorConfig& processor : config.processors) {
    for (const auto& [name, value] :
         {std::pair<const char*, int>{"server-max-packet-size", processor.max_packet_bytes},
          {"server-queue-size", processor.queue_size},
          {"workers", processor.workers}}) {
      admin.AddDebugVariable("processor." + processor.name + "." + name,
                             [text = std::to_string(value)] { return text; });
    }
  }
  admin.AddDebugVariable("agent", [config, &parts] { return parts.DebugJson(config); });
}

}  // namespace

Result<std::unique_ptr<Agent>> Agent::Start(ServiceContext context, const AgentConfig& config,
                                            const std::map<std::string, std::string>& environment) {
  auto parts = std::make_unique<Parts>();
  auto tags = ParseTags(config.tags, environment);
  if (!tags) {
    return std::move(tags).Wrap("--agent.tags");
  }
  parts->tags = *std::move(tags);
  auto client = CollectorClient::Create(config.reporter, context.metrics);
  if (!client) {
    return std::move(client).error();
  }
  parts->client = *std::move(client);
  // At most half of the budget for messages to collectors, and half for datagrams that wait.
  const std::size_t budget = ByteBudget::DefaultLimitBytes();
  parts->reporter = std::make_unique<Reporter>(
      config.reporter, std::min(budget / 2, ReporterConfig::kDefaultBacklogBytes), *parts->client,
      context.metrics);
  auto sampling =
      SamplingProxy::Start(context.runtime, config.http_address, *parts->client, context.metrics);
  if (!sampling) {
    return std::move(sampling).error();
  }
  parts->sampling = *std::move(sampling);
  parts->clients = std::make_unique<ClientStatistics>(context.metrics);
  for (const ProcessorConfig& processor : config.processors) {
    auto receiver = UdpReceiver::Start(
        processor, std::min(budget / 2 / config.processors.size(), ProcessorConfig::kMaxQueueBytes),
        {parts->tags, *parts->clients, *parts->reporter, context.metrics});
    if (!receiver) {
      return std::move(receiver).error();
    }
    parts->receivers.push_back(*std::move(receiver));
  }
  AddDebugVariables(context.admin, config, *parts);
  return std::unique_ptr<Agent>(new RunningAgent(std::move(parts)));
}

}  // namespace pugmark
