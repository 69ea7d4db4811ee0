// The agent: takes spans over UDP from applications on its host and forwards them to collectors.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/config.h"
#include "common/service/daemon.h"

namespace pugmark {

class Agent : public Service {
 public:
  // Starts receivers, reporter and the sampling port. `environment` fills ${...} in agent.tags.
  static Result<std::unique_ptr<Agent>> Start(
      ServiceContext context, const AgentConfig& config,
      const std::map<std::string, std::string>& environment);
};

}  // namespace pugmark
