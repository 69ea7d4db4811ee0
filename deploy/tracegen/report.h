// What a run sent and what became of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "deploy/tracegen/options.h"
#include "deploy/tracegen/sender.h"

namespace pugmark::tracegen {

struct Totals {
  std::uint64_t traces = 0;  // begun
  std::uint64_t spans = 0;   // sent, with any outcome
  std::uint64_t acknowledged = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::string first_problem;  // of a refused or failed message
};

// Thread safety: all methods may be called concurrently.
class Report {
 public:
  // `keep_traces`: TraceLine can tell what became of each trace.
  explicit Report(bool keep_traces) : keep_traces_(keep_traces) {}

  void TraceBegun();
  // `traces` holds the trace number of each span of the message.
  void MessageSent(const std::vector<std::uint64_t>& traces, std::size_t bytes,
                   const SendResult& result);

  [[nodiscard]] Totals totals() const;

  // Spans of a trace, sent and acknowledged.
  struct TraceCount {
    std::uint32_t sent = 0;
    std::uint32_t acknowledged = 0;
  };
  // By trace number; only with `keep_traces`.
  [[nodiscard]] std::vector<TraceCount> trace_counts() const;

 private:
  const bool keep_traces_;
  mutable std::mutex mutex_;
  Totals totals_;
  std::vector<TraceCount> trace_counts_;
};

using Seconds = std::chrono::duration<double>;

// Whether every span got the answer that its protocol can give.
bool Succeeded(const Totals& totals, Protocol protocol);

// "sent 1200 spans of 100 traces ..." with the outcome in words.
std::string ResultText(const Totals& totals, const Options& options, Seconds elapsed);
// The same as one JSON object.
std::string ResultJson(const Totals& totals, const Options& options, Seconds elapsed);
// One line for a terminal, to be overwritten by the next.
std::string ProgressText(const Totals& totals, Seconds elapsed);

}  // namespace pugmark::tracegen
