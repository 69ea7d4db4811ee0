// pugmark-tracegen: sends made-up traces to a collector or an agent and says what became of them.

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "common/service/daemon.h"
#include "deploy/tracegen/load_run.h"
#include "deploy/tracegen/options.h"
#include "deploy/tracegen/report.h"

namespace pugmark::tracegen {
namespace {

constexpr const char* kUsage =
    "pugmark-tracegen sends made-up traces and says how many spans were sent and acknowledged.\n"
    "Without options: 100 demo traces of the last five minutes over gRPC to localhost:14250.\n"
    "Exit codes: 0 all acknowledged; 1 something was not; 2 usage.\n\n";

std::atomic<bool> stop_requested{false};

void RequestStop(int) { stop_requested = true; }

int Main(const std::vector<std::string>& arguments) {
  Options options;
  OptionSet option_set;
  options.RegisterOptions(option_set);
  for (const std::string& argument : arguments) {
    if (argument == "-h" || argument == "--help" || argument == "help") {
      std::cout << kUsage << option_set.Help();
      return kExitOk;
    }
  }
  // The environment is left out: names such as TARGET or SEED are anybody's.
  auto status = option_set.Load(arguments, {});
  if (status) {
    status = options.Finish();
  }
  if (!status) {
    std::cerr << "pugmark-tracegen: " << status.error().message << " (see --help)\n";
    return kExitUsage;
  }
  std::signal(SIGINT, RequestStop);
  std::signal(SIGTERM, RequestStop);

  Report report(!options.ids_file.empty());
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  const auto begin = std::chrono::steady_clock::now();
  status = RunLoad(options, report, stop_requested, [&](Seconds elapsed) {
    if (terminal) {
      std::cerr << '\r' << ProgressText(report.totals(), elapsed) << "\033[K" << std::flush;
    }
  });
  const Seconds elapsed = std::chrono::steady_clock::now() - begin;
  if (terminal) {
    std::cerr << "\r\033[K" << std::flush;
  }
  if (status && !options.ids_file.empty()) {
    status = WriteIdsFile(options, report);
  }
  if (!status) {
    std::cerr << "pugmark-tracegen: " << status.error().message << '\n';
    return kExitRuntime;
  }
  const Totals totals = report.totals();
  std::cout << (options.json ? ResultJson(totals, options, elapsed)
                             : ResultText(totals, options, elapsed))
            << '\n';
  return Succeeded(totals, options.protocol_kind()) ? kExitOk : kExitRuntime;
}

}  // namespace
}  // namespace pugmark::tracegen

int main(int argc, char** argv) { return pugmark::tracegen::Main({argv + 1, argv + argc}); }
