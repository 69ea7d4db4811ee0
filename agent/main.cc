// pugmark-agent: takes spans over UDP and forwards them to collectors.
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "agent/agent.h"
#include "common/service/daemon.h"

namespace pugmark {
namespace {

int Main(int argc, char** argv) {
  AgentConfig config;
  std::map<std::string, std::string> environment;
  DaemonDescription description;
  description.name = "pugmark-agent";
  description.summary = "Takes spans over UDP and forwards them to collectors.";
  description.default_admin_address = ":14271";
  description.register_options = [&](OptionSet& options,
                                     const std::map<std::string, std::string>& variables) {
    environment = variables;
    config.RegisterOptions(options);
    return Status();
  };
  description.validate = [&] { return config.Validate(); };
  description.start = [&](const ServiceContext& context) -> Result<std::unique_ptr<Service>> {
    AddBuildInfo(context.metrics, "agent");
    auto agent = Agent::Start(context, config, environment);
    if (!agent.ok()) {
      return std::move(agent).error();
    }
    return std::unique_ptr<Service>(*std::move(agent));
  };
  return RunDaemon(argc, argv, description);
}

}  // namespace
}  // namespace pugmark

// Read by jemalloc at its start (jemalloc(3), TUNING). An agent shares its host with the applications it serves: what a
// burst took goes back to the system within a second, and few arenas leave few half-used pages.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0,background_thread:true";
}

int main(int argc, char** argv) { return pugmark::Main(argc, argv); }
