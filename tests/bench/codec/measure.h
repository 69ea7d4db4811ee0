// What the benchmarks share: CPU time of the measured part alone, per span.
#pragma once

#include <benchmark/benchmark.h>
#include <time.h>

#include <cstddef>

namespace pugmark::bench {

// CPU seconds of this thread.
[[nodiscard]] inline double ThreadCpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Times the measured parts of all iterations of a benchmark with manual time.
class CpuTimer {
 public:
  explicit CpuTimer(benchmark::State& state) : state_(state) {}

  // Runs and times one iteration.
  template <typename Run>
  void Time(const Run& run) {
    const double begin = ThreadCpuSeconds();
    run();
    const double seconds = ThreadCpuSeconds() - begin;
    state_.SetIterationTime(seconds);
    total_ += seconds;
  }
  // Shows the figures of an iteration that handles `spans` spans in `bytes` bytes.
  void Show(std::size_t spans, std::size_t bytes) {
    const auto all_spans = static_cast<double>(state_.iterations()) * static_cast<double>(spans);
    state_.counters["ns_per_span"] = total_ * 1e9 / all_spans;
    state_.counters["bytes_per_span"] = static_cast<double>(bytes) / static_cast<double>(spans);
  }

 private:
  benchmark::State& state_;
  double total_ = 0;
};

}  // namespace pugmark::bench
