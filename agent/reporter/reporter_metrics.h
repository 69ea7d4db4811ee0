// Counters of the reporter. Jaeger's count batches as clients sent them, not messages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/result.h"
#include "common/metrics/metrics.h"

namespace pugmark {

// Why spans were given up: values of the label `reason`.
enum class DropReason : std::uint8_t {
  kBacklogFull,  // more is held than allowed
  kUnavailable,  // no connection, or the collector said so
  kRefused,      // the collector is busy
  kTimeout,      // no answer
  kRejected,     // the collector does not want them
  kShutdown,
};
inline constexpr std::size_t kDropReasons = 6;

std::string_view DropReasonName(DropReason reason);
// The reason for giving up after a call has failed with `code`.
DropReason DropReasonOf(ErrorCode code);

struct ReporterMetrics {
  explicit ReporterMetrics(Metrics& metrics);

  // Of one format: the label says what the clients sent.
  struct Format {
    Format(Metrics& metrics, const char* format);
    Metrics::Counter& batches_submitted;
    Metrics::Counter& batches_failures;
    Metrics::Counter& spans_submitted;
    Metrics::Counter& spans_failures;
    Metrics::Gauge& batch_size;
  };
  Format jaeger;
  Format zipkin;

  Metrics::Counter& spans_received;
  Metrics::Counter& messages;
  Metrics::Counter& retries;
  std::array<Metrics::Counter*, kDropReasons> spans_dropped;
};

}  // namespace pugmark
