#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "common/metrics/metrics.h"

namespace pugmark {
namespace {

// Fields of /proc/self/stat by their number in proc(5), less the two before the process's name
// ends.
enum StatField : std::size_t {
  kUserTicks = 14 - 3,
  kSystemTicks = 15 - 3,
  kThreads = 20 - 3,
  kStartTicks = 22 - 3,
  kVirtualBytes = 23 - 3,
  kResidentPages = 24 - 3,
  kStatFields
};

std::string ReadAll(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

double ToNumber(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The fields from the state on; empty when they cannot be read.
std::vector<double> ReadStat() {
  const std::string text = ReadAll("/proc/self/stat");
  // The name, in parentheses, may hold anything; what follows its last ')' is plain.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) {
    return {};
  }
  std::istringstream words(text.substr(name_end + 1));
  std::vector<double> fields;
  for (std::string word; words >> word;) {
    fields.push_back(ToNumber(word));
  }
  return fields.size() >= kStatFields ? fields : std::vector<double>{};
}

// Seconds since 1970 when the machine started.
double BootTime() {
  constexpr std::string_view kKey = "\nbtime ";
  const std::string text = ReadAll("/proc/stat");
  const std::size_t found = text.find(kKey);
  return found == std::string::npos ? 0
                                    : ToNumber(std::string_view(text).substr(found + kKey.size()));
}

std::size_t CountOpenFiles() {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end;
       !error && entry != end; entry.increment(error)) {
    ++count;
  }
  return count;
}

double MostOpenFiles() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::numeric_limits<double>::infinity();
  }
  return static_cast<double>(limit.rlim_cur);
}

struct ProcessMetrics {
  explicit ProcessMetrics(Metrics& metrics)
      : cpu(metrics.AddCounter("process_cpu_seconds_total",
                               "Total user and system CPU time spent in seconds.")),
        resident(
            metrics.AddGauge("process_resident_memory_bytes", "Resident memory size in bytes.")),
        virtual_memory(
            metrics.AddGauge("process_virtual_memory_bytes", "Virtual memory size in bytes.")),
        start_time(metrics.AddGauge("process_start_time_seconds",
                                    "Start time of the process since unix epoch in seconds.")),
        open_files(metrics.AddGauge("process_open_fds", "Number of open file descriptors.")),
        most_files(metrics.AddGauge("process_max_fds", "Maximum number of open file descriptors.")),
        threads(metrics.AddGauge("process_threads", "Number of threads of the process.")) {}

  void Refresh() {
    open_files.Set(static_cast<double>(CountOpenFiles()));
    most_files.Set(MostOpenFiles());
    const std::vector<double> stat = ReadStat();
    if (stat.empty()) {
      return;
    }
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const double cpu_seconds = (stat[kUserTicks] + stat[kSystemTicks]) / ticks;
    cpu.Increment(cpu_seconds - cpu.Value());
    resident.Set(stat[kResidentPages] * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    virtual_memory.Set(stat[kVirtualBytes]);
    start_time.Set(boot_time + stat[kStartTicks] / ticks);
    threads.Set(stat[kThreads]);
  }

  const double boot_time = BootTime();
  Metrics::Counter& cpu;
  Metrics::Gauge& resident;
  Metrics::Gauge& virtual_memory;
  Metrics::Gauge& start_time;
  Metrics::Gauge& open_files;
  Metrics::Gauge& most_files;
  Metrics::Gauge& threads;
};

}  // namespace

std::shared_ptr<Metrics::Hook> AddProcessMetrics(Metrics& metrics) {
  return metrics.BeforeScrape(
      [process = std::make_shared<ProcessMetrics>(metrics)] { process->Refresh(); });
}

}  // namespace pugmark
