// What a daemon's program does besides running: version, env, help, status, print-config.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/service/daemon.h"

namespace pugmark {

// One readable line on stderr, for errors before logging works.
void PrintError(const std::string& program, const std::string& message);

// Each returns the exit code.
int PrintVersion();
int PrintEnvironmentHelp();
int PrintHelp(const DaemonDescription& description, const OptionSet& options);
// Asks the admin port of a running daemon.
int PrintStatus(const DaemonDescription& description, const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment);

}  // namespace pugmark
