#include "common/service/daemon.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "common/base/go_duration.h"
#include "common/base/go_number.h"
#include "common/concurrency/ordered_shutdown.h"
#include "common/log/log.h"
#include "common/service/common_options.h"
#include "common/service/exit_request.h"
#include "common/service/subcommands.h"

namespace pugmark {
namespace {

using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

constexpr std::chrono::seconds kShutdownSlack{2};

int ExitCodeOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kFailedPrecondition:
      return kExitUnavailable;
    case ErrorCode::kInvalidArgument:
      return kExitConfig;
    default:
      return kExitRuntime;
  }
}

// Removes `word` from the arguments and says whether it was there.
bool Take(Arguments& arguments, std::string_view word) { return std::erase(arguments, word) != 0; }

// A daemon holds many connections and files; the default soft limit is for interactive programs.
void RaiseOpenFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// A program between its command line and its end.
class Program {
 public:
  Program(const DaemonDescription& description, Environment environment)
      : description_(description), environment_(std::move(environment)) {}

  int Run(Arguments arguments) {
    std::string command;
    if (!arguments.empty() && !arguments.front().starts_with('-')) {
      command = arguments.front();
      arguments.erase(arguments.begin());
    }
    const bool help = Take(arguments, "--help") || Take(arguments, "-h") || command == "help";
    if (!help && command == "version") {
      return PrintVersion();
    }
    if (!help && command == "env") {
      return PrintEnvironmentHelp();
    }
    if (!help && command == "status") {
      return PrintStatus(description_, arguments, environment_);
    }
    if (!help && !command.empty() && command != "print-config") {
      return Fail(kExitUsage, "unknown command " + GoQuote(command) +
                                  " (there are version, env, status, print-config and help)");
    }
    if (const Status status = RegisterOptions(); !status.ok()) {
      return Fail(kExitConfig, status.error().message);
    }
    if (help) {
      return PrintHelp(description_, options_);
    }
    return command == "print-config" ? PrintConfig(std::move(arguments)) : Serve(arguments);
  }

 private:
  int Fail(int exit_code, const std::string& message) {
    PrintError(description_.name, message);
    return exit_code;
  }

  Status RegisterOptions() {
    auto address = HostPort::Parse(description_.default_admin_address);
    if (!address.ok()) {
      return std::move(address).error();
    }
    common_.admin_address = *std::move(address);
    common_.Register(options_);
    return description_.register_options ? description_.register_options(options_, environment_)
                                         : Status();
  }

  // Returns the exit code when the options cannot be read.
  std::optional<int> Load(const Arguments& arguments) {
    const Status status = options_.Load(arguments, environment_);
    if (status.ok()) {
      return std::nullopt;
    }
    const bool usage = status.error().code == ErrorCode::kNotFound;
    return Fail(usage ? kExitUsage : kExitConfig, status.error().message);
  }

  int PrintConfig(Arguments arguments) {
    const bool all = Take(arguments, "--all") || Take(arguments, "-a");
    if (const auto failed = Load(arguments)) {
      return *failed;
    }
    for (const std::string& warning : options_.warnings()) {
      PrintError(description_.name, warning);
    }
    const std::string table = options_.PrintConfig(all);
    std::fwrite(table.data(), 1, table.size(), stdout);
    return kExitOk;
  }

  Status Validate() {
    Status status = common_.Validate();
    if (status.ok()) {
      status = SetUpLogging(common_.log);
    }
    if (status.ok() && description_.validate) {
      status = description_.validate();
    }
    return status;
  }

  int Serve(const Arguments& arguments) {
    if (const auto failed = Load(arguments)) {
      return *failed;
    }
    if (const Status status = Validate(); !status.ok()) {
      return Fail(kExitConfig, status.error().message);
    }
    std::signal(SIGPIPE, SIG_IGN);
    ::setenv("GRPC_VERBOSITY", "NONE", 0);  // gRPC's own lines are no log lines; what matters we report
    RaiseOpenFileLimit();
    ExitRequest exit_request(description_.shutdown_grace + kShutdownSlack);  // the first thread
    LogStart();
    return RunParts(exit_request);
  }

  void LogStart() {
    Log(LogLevel::kInfo, "Starting " + description_.name,
        {{"version", GitVersion()}, {"commit", GitCommit()}});
    for (const std::string& warning : options_.warnings()) {
      Log(LogLevel::kWarn, warning);
    }
    if (common_.metrics_backend == "expvar") {
      Log(LogLevel::kWarn, "There is no metrics backend expvar, prometheus is used");
    }
    for (const auto& [name, value, source] : options_.Changed()) {
      Log(LogLevel::kInfo, "Option", {{"name", name}, {"value", value}, {"source", source}});
    }
  }

  // Admin port, then the daemon's own parts; down again in the other order.
  int RunParts(ExitRequest& exit_request) {
    Metrics metrics;
    const auto process_metrics = AddProcessMetrics(metrics);
    IoRuntime runtime;
    const bool show_metrics = common_.metrics_backend != "none";
    auto started = AdminServer::Start(
        runtime, {common_.admin_address, show_metrics ? common_.metrics_route : ""}, metrics);
    if (!started.ok()) {
      Log(LogLevel::kFatal, "Start failed", {{"error", started.error().message}});
      return ExitCodeOf(started.error());
    }
    AdminServer& admin = **started;
    Log(LogLevel::kInfo, "Admin server started",
        {{"address", HostPort{common_.admin_address.host, admin.port()}.ToString()}});
    OrderedShutdown parts([](const std::string& name, std::chrono::nanoseconds took) {
      Log(LogLevel::kDebug, "Stopped", {{"part", name}, {"took", FormatGoDuration(took)}});
    });
    parts.Add("admin", [&admin](auto deadline) { admin.Stop(deadline); });
    return RunService({runtime, metrics, admin, exit_request.token(),
                       [&exit_request](int exit_code, const std::string& why) {
                         exit_request.Ask(exit_code, why);
                       }},
                      parts, exit_request);
  }

  int RunService(const ServiceContext& context, OrderedShutdown& parts, ExitRequest& exit_request) {
    auto started = description_.start(context);
    if (!started.ok() && !exit_request.Asked().has_value()) {
      Log(LogLevel::kFatal, "Start failed", {{"error", started.error().message}});
      return ExitCodeOf(started.error());
    }
    std::unique_ptr<Service> service;
    if (started.ok()) {
      service = *std::move(started);
      parts.Add("service", [&service](auto deadline) { service->Stop(deadline); });
      context.admin.SetReady(!exit_request.Asked().has_value());
    } else {
      Log(LogLevel::kInfo, "Start was given up", {{"reason", started.error().message}});
    }
    const ExitRequest::Reason reason = exit_request.Wait();
    Log(reason.exit_code == kExitOk ? LogLevel::kInfo : LogLevel::kError, "Shutting down",
        {{"reason", reason.why}});
    context.admin.SetReady(false);
    parts.Run(reason.asked_at + description_.shutdown_grace);
    service.reset();  // only now: until the admin port closed, its pages could ask parts of it
    Log(LogLevel::kInfo, "Shutdown complete");
    return reason.exit_code;
  }

  const DaemonDescription& description_;
  const Environment environment_;
  OptionSet options_;
  CommonOptions common_;
};

}  // namespace

int RunDaemon(int argc, char** argv, const DaemonDescription& description) {
  Program program(description, ProcessEnvironment());
  return program.Run({argv + std::min(argc, 1), argv + argc});
}

}  // namespace pugmark
