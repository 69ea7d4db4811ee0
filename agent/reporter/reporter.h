// Sends spans to the collectors: gathers those of one process into messages, tries each message
// several times, and counts what becomes of every span.
//
// A message is sent when it has 512 spans or 1 MiB, or after a short linger. What is held, sent or
// not, is bounded in bytes; beyond that bound, new spans are dropped. Spans under way are bounded,
// too: a collector's queue is short. While no collector is
// connected, messages wait for one for a while.
//
// received = sent + dropped{reason} + held, per span.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "agent/config.h"
#include "agent/reporter/collector_client.h"
#include "common/metrics/metrics.h"
#include "common/model/span_batch.h"

namespace pugmark {

// Thread safety: all methods may be called concurrently.
class Reporter {
 public:
  // `client` outlives the reporter. `default_backlog_bytes` holds where the configuration has none.
  Reporter(const ReporterConfig& config, std::size_t default_backlog_bytes, CollectorClient& client,
           Metrics& metrics);
  ~Reporter();

  // Takes a copy of the spans of one client's batch, already encoded; never waits.
  void Report(const SpanBatch& batch);

  // Sends what is held and returns when it is acknowledged or `deadline` has come; what is left
  // then is dropped and counted. May be called twice.
  void Stop(std::chrono::steady_clock::time_point deadline);

  // Facts for /debug/vars: a JSON object.
  [[nodiscard]] std::string DebugJson() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pugmark
