#include "common/service/subcommands.h"

#include <algorithm>
#include <cstdio>

#include "common/net/http.h"

namespace pugmark {
namespace {

constexpr std::chrono::milliseconds kStatusTimeout{1000};

constexpr const char* kEnvironmentHelp =
    "Every option can be given as an environment variable: its name in upper case, with '.' and "
    "'-'\n"
    "replaced by '_'. The variable of --collector.queue-size is COLLECTOR_QUEUE_SIZE. Flags win "
    "over\n"
    "variables, variables over the configuration file (--config-file), the file over defaults.\n"
    "\n"
    "These have no flag:\n"
    "\n"
    "  SPAN_STORAGE_TYPE   The store: rocksdb (the default) or memory. Only the options of the "
    "chosen\n"
    "                      store exist.\n"
    "\n"
    "Jaeger's further selectors, DEPENDENCY_STORAGE_TYPE, SAMPLING_STORAGE_TYPE, SAMPLING_CONFIG_TYPE\n"
    "and METRICS_STORAGE_TYPE, are not read: dependencies come from the span store, and sampling\n"
    "strategies from what the collector's options say.\n";

void Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

void PrintError(const std::string& program, const std::string& message) {
  std::string line = program + ": " + message;
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int PrintVersion() {
  Print(VersionJson());
  return kExitOk;
}

int PrintEnvironmentHelp() {
  Print(kEnvironmentHelp);
  return kExitOk;
}

int PrintHelp(const DaemonDescription& description, const OptionSet& options) {
  Print(description.summary +
        "\n\n"
        "Usage:\n"
        "  " +
        description.name +
        " [flags]\n"
        "  " +
        description.name +
        " command\n"
        "\n"
        "Commands:\n"
        "  version        print the version as JSON\n"
        "  env            explain environment variables\n"
        "  status         ask the admin port of a running process (--status.http.host-port)\n"
        "  print-config   print each option's value and its source; --all: also those without a "
        "value\n"
        "  help           print this text\n"
        "\n"
        "Flags (and their environment variables):\n" +
        options.Help());
  return kExitOk;
}

int PrintStatus(const DaemonDescription& description, const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment) {
  std::string address = description.default_admin_address;
  OptionSet options;
  options.Add("status.http.host-port", address, "admin port of the process to ask");
  if (const Status status = options.Load(arguments, environment); !status.ok()) {
    PrintError(description.name, status.error().message);
    return status.error().code == ErrorCode::kNotFound ? kExitUsage : kExitConfig;
  }
  const auto parsed = HostPort::Parse(address);
  if (!parsed.ok()) {
    PrintError(description.name, "status.http.host-port: " + parsed.error().message);
    return kExitConfig;
  }
  const auto response = HttpFetch(*parsed, "GET", "/", "", {}, kStatusTimeout);
  if (!response.ok()) {
    PrintError(description.name, response.error().message);
    return kExitRuntime;
  }
  Print(response->body + "\n");
  if (response->status != 200) {
    PrintError(description.name, "want status 200, got " + std::to_string(response->status));
    return kExitRuntime;
  }
  return kExitOk;
}

}  // namespace pugmark
