// The options that every daemon has.
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/config/option_set.h"
#include "common/log/log.h"
#include "common/net/host_port.h"

namespace pugmark {

struct CommonOptions {
  LogConfig log;
  std::string metrics_backend = "prometheus";
  std::string metrics_route = "/metrics";
  HostPort admin_address;

  void Register(OptionSet& options);
  [[nodiscard]] Status Validate() const;
};

}  // namespace pugmark
