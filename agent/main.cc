// pugmark-agent: takes spans over UDP and forwards them to collectors.
#include "agent/agent.h"
#include "agent/config.h"
#include "common/config/option_set.h"
#include "common/service/daemon.h"

int main(int argc, char** argv) {
  pugmark::AgentConfig config;
  std::map<std::string, std::string> environment;
  pugmark::DaemonDescription description;
  description.name = "pugmark-agent";
  description.summary = "takes spans over UDP and forwards them to collectors";
  description.default_admin_address = ":14271";
  description.register_options = [&](pugmark::OptionSet& options,
                                     const std::map<std::string, std::string>& variables) {
    environment = variables;
    config.RegisterOptions(options);
    return pugmark::Status();
  };
  description.validate = [&] { return config.Validate(); };
  description.start =
      [&](pugmark::ServiceContext context) -> pugmark::Result<std::unique_ptr<pugmark::Service>> {
    pugmark::AddBuildInfo(context.metrics, "agent");
    auto agent = pugmark::Agent::Start(context, config, environment);
    if (!agent) {
      return std::move(agent).error();
    }
    return std::unique_ptr<pugmark::Service>(*std::move(agent));
  };
  return pugmark::RunDaemon(argc, argv, description);
}
