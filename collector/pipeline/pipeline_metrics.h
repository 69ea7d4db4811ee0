// The counters of the pipeline beside those by service: Jaeger's (reference 2.8), and ours that
// name the reason of each loss.
//
// For spans: received = saved (ok) + rejected + refused + failed + waiting.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/metrics/metrics.h"

namespace pugmark {

// Spans that are not to be stored.
enum class RejectReason : std::uint8_t { kBadId, kZeroTraceId, kFilter, kDownsampling, kStore };
inline constexpr std::size_t kRejectReasons = 5;

// Spans that were turned away whole and may be sent again.
enum class RefuseReason : std::uint8_t { kQueueFull, kByteBudget, kStoreBusy, kShutdown };
inline constexpr std::size_t kRefuseReasons = 4;

// Spans that the store could not commit, or of which it is not known.
enum class FailReason : std::uint8_t { kStoreError, kUnknownOutcome };
inline constexpr std::size_t kFailReasons = 2;

// Thread safety: all methods may be called concurrently.
class PipelineMetrics {
 public:
  // `host` is the label of Jaeger's metrics of the queue.
  PipelineMetrics(Metrics& metrics, const std::string& host);

  void AddRejected(RejectReason reason, std::size_t spans) {
    Add(*rejected_[static_cast<std::size_t>(reason)], spans);
  }
  // Under Jaeger's names as well.
  void AddDownsampled(std::size_t kept, std::size_t dropped) {
    AddRejected(RejectReason::kDownsampling, dropped);
    Add(downsampling_accepted_, kept);
    Add(downsampling_dropped_, dropped);
  }
  // Jaeger's counter of dropped spans is the sum of these.
  void AddRefused(RefuseReason reason, std::size_t spans) {
    Add(*refused_[static_cast<std::size_t>(reason)], spans);
    Add(spans_dropped, spans);
  }
  void AddFailed(FailReason reason, std::size_t spans) {
    Add(*failed_[static_cast<std::size_t>(reason)], spans);
  }

  Metrics::Counter& spans_dropped;
  Metrics::Gauge& batch_size;
  Metrics::Gauge& queue_capacity;
  Metrics::Gauge& queue_length;
  Metrics::Gauge& spans_bytes;
  Metrics::Gauge& service_names;
  Metrics::Histogram& save_latency;
  Metrics::Histogram& in_queue_latency;

 private:
  static void Add(Metrics::Counter& counter, std::size_t spans) {
    counter.Increment(static_cast<double>(spans));
  }

  Metrics::Counter& downsampling_accepted_;
  Metrics::Counter& downsampling_dropped_;
  std::array<Metrics::Counter*, kRejectReasons> rejected_{};
  std::array<Metrics::Counter*, kRefuseReasons> refused_{};
  std::array<Metrics::Counter*, kFailReasons> failed_{};
};

}  // namespace pugmark
