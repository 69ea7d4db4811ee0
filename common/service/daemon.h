// What every daemon's main has in common: subcommands, options, logging, admin port, signals and
// the order of shutdown.
//
//   int main(int argc, char** argv) { return RunDaemon(argc, argv, description); }
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/config/option_set.h"
#include "common/metrics/metrics.h"
#include "common/net/io_runtime.h"
#include "common/service/admin_server.h"

namespace pugmark {

// Exit codes of every program (design section 13).
enum ExitCode : int {
  kExitOk = 0,
  kExitRuntime = 1,
  kExitUsage = 2,
  kExitStoreFatal = 70,
  kExitUnavailable = 75,
  kExitConfig = 78,
};

// A running daemon's parts that its components use.
struct ServiceContext {
  IoRuntime& runtime;
  Metrics& metrics;
  AdminServer& admin;
  // Asked to stop when the process shall end, also while `start` still waits for something.
  std::stop_token stop;
  // Asks the process to shut down with that exit code, from any thread (a store that went fatal).
  std::function<void(int exit_code, const std::string& why)> request_exit;
};

// The running part of a daemon.
class Service {
 public:
  virtual ~Service() = default;
  // Drains in order (listeners, queues, storage) and returns by `deadline`; a process that is still
  // here two seconds later is ended. Called once, after readiness was taken back; the admin port
  // stays up until it returns, and the object is freed after the admin port is closed.
  virtual void Stop(std::chrono::steady_clock::time_point deadline) = 0;
};

struct DaemonDescription {
  std::string name;                   // "pugmark-collector"
  std::string summary;                // one line for --help
  std::string default_admin_address;  // ":14269"
  // Binds the options of the daemon. Called once, before parsing, with the environment that selects
  // backends.
  std::function<Status(OptionSet&, const std::map<std::string, std::string>& environment)>
      register_options;
  // Checks the values that were read; any error ends with exit code 78. May be null.
  std::function<Status()> validate;
  // Builds and starts everything; readiness is set when it returned. Errors: kUnavailable and
  // kFailedPrecondition end with 75, kInvalidArgument with 78, others with 1; after
  // ServiceContext's token was asked to stop, an error is the end that was asked for.
  std::function<Result<std::unique_ptr<Service>>(ServiceContext)> start;
  std::chrono::seconds shutdown_grace{25};
};

// Runs a subcommand (version, env, status, print-config, help) or the daemon until SIGTERM or
// SIGINT (a second one ends at once). Returns the exit code. Prints each bound port where 0 was
// asked for.
int RunDaemon(int argc, char** argv, const DaemonDescription& description);

// {"gitCommit":"...","gitVersion":"...","buildDate":"..."}; "unknown" in a build outside of git.
std::string VersionJson();
std::string GitCommit();
std::string GitVersion();
std::string BuildDate();  // of the commit, so that a build can be repeated
// The gauge jaeger_<component>_build_info{revision,version,build_date}; of the all-in-one, whose
// component is "", jaeger_build_info.
void AddBuildInfo(Metrics& metrics, const std::string& component);

}  // namespace pugmark
