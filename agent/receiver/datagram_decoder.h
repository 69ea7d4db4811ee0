// Turns a datagram into spans with the agent's tags and hands them to the reporter.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "agent/receiver/client_statistics.h"
#include "agent/reporter/reporter.h"
#include "common/metrics/metrics.h"
#include "common/model/span_batch.h"
#include "proto/codec/decode_status.h"
#include "proto/codec/thrift_batch.h"

namespace pugmark {

using AgentTags = std::vector<std::pair<std::string, std::string>>;

// Adds the tags to every process of the batch, after its own, as Jaeger does: no key is replaced.
void AddAgentTags(SpanBatch& batch, const AgentTags& tags);

// What the ports of an agent share; it outlives them.
struct SharedParts {
  const AgentTags& tags;
  ClientStatistics& clients;
  Reporter& reporter;
  Metrics& metrics;
};

// Thread safety: all methods may be called concurrently.
class DatagramDecoder {
 public:
  // `labels` are those of the processor.
  DatagramDecoder(ThriftProtocol protocol, const SharedParts& shared, const Labels& labels);

  // Decodes and reports; what cannot be used is counted and dropped.
  void Decode(std::string datagram) const;
  // Counts a datagram that was longer than the option allows and so was not taken whole.
  void CountTooLong() const;

 private:
  static constexpr std::size_t kDecodeErrors = 9;

  const ThriftProtocol protocol_;
  const SharedParts shared_;
  Metrics::Counter& handler_errors_;                       // Jaeger's: all of those below
  std::array<Metrics::Counter*, kDecodeErrors> rejected_;  // by DecodeError; kNone: no span in it
  Metrics::Counter& rejected_too_long_;
};

}  // namespace pugmark
