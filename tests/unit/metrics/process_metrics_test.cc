#include <unistd.h>

#include <catch2/catch.hpp>
#include <ctime>
#include <thread>

#include "common/metrics/metrics.h"

using namespace pugmark;

namespace {

double Value(const std::string& text, const std::string& name) {
  const std::size_t found = text.find("\n" + name + " ");
  REQUIRE(found != std::string::npos);
  return std::stod(text.substr(found + name.size() + 2));
}

}  // namespace

TEST_CASE("process metrics: they describe this process", "[metrics]") {
  Metrics metrics;
  const auto process = AddProcessMetrics(metrics);
  const std::string text = metrics.Serialize();
  const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  const double resident = Value(text, "process_resident_memory_bytes");
  CHECK(resident > page_bytes);
  CHECK(Value(text, "process_virtual_memory_bytes") >= resident);
  CHECK(Value(text, "process_cpu_seconds_total") >= 0);
  CHECK(Value(text, "process_open_fds") >= 3);
  CHECK(Value(text, "process_max_fds") >= Value(text, "process_open_fds"));
  CHECK(Value(text, "process_threads") >= 1);
  const double started = Value(text, "process_start_time_seconds");
  const auto now = static_cast<double>(std::time(nullptr));
  CHECK(started > now - 86'400);
  CHECK(started <= now + 1);
}

TEST_CASE("process metrics: threads and descriptors are counted as they are", "[metrics]") {
  Metrics metrics;
  const auto process = AddProcessMetrics(metrics);
  const std::string before = metrics.Serialize();
  const int descriptor = ::dup(STDERR_FILENO);
  std::atomic<bool> stop{false};
  std::jthread thread([&stop] { stop.wait(false); });
  const std::string during = metrics.Serialize();
  stop = true;
  stop.notify_all();
  ::close(descriptor);
  CHECK(Value(during, "process_open_fds") == Value(before, "process_open_fds") + 1);
  CHECK(Value(during, "process_threads") == Value(before, "process_threads") + 1);
}
