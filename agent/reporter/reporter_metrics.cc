#include "agent/reporter/reporter_metrics.h"

#include <string>

namespace pugmark {
namespace {

Labels FormatLabels(const char* format) { return {{"format", format}, {"protocol", "grpc"}}; }

}  // namespace

std::string_view DropReasonName(DropReason reason) {
  switch (reason) {
    case DropReason::kBacklogFull:
      return "backlog_full";
    case DropReason::kUnavailable:
      return "unavailable";
    case DropReason::kRefused:
      return "refused";
    case DropReason::kTimeout:
      return "timeout";
    case DropReason::kRejected:
      return "rejected";
    case DropReason::kShutdown:
      return "shutdown";
  }
  return "unknown";
}

DropReason DropReasonOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
      return DropReason::kUnavailable;
    case ErrorCode::kResourceExhausted:
      return DropReason::kRefused;
    case ErrorCode::kDeadlineExceeded:
      return DropReason::kTimeout;
    default:
      return DropReason::kRejected;
  }
}

ReporterMetrics::Format::Format(Metrics& metrics, const char* format)
    : batches_submitted(metrics.AddCounter("jaeger_agent_reporter_batches_submitted_total",
                                           "batches that a collector has acknowledged",
                                           FormatLabels(format))),
      batches_failures(metrics.AddCounter("jaeger_agent_reporter_batches_failures_total",
                                          "batches that were given up", FormatLabels(format))),
      spans_submitted(metrics.AddCounter("jaeger_agent_reporter_spans_submitted_total",
                                         "spans that a collector has acknowledged",
                                         FormatLabels(format))),
      spans_failures(metrics.AddCounter("jaeger_agent_reporter_spans_failures_total",
                                        "spans that were given up", FormatLabels(format))),
      batch_size(metrics.AddGauge("jaeger_agent_reporter_batch_size",
                                  "spans of the last batch from a client", FormatLabels(format))) {}

ReporterMetrics::ReporterMetrics(Metrics& metrics)
    : jaeger(metrics, "jaeger"),
      zipkin(metrics, "zipkin"),
      spans_received(metrics.AddCounter("pugmark_agent_spans_received_total",
                                        "spans of datagrams that could be read")),
      messages(metrics.AddCounter("pugmark_agent_reporter_messages_total",
                                  "gRPC messages sent to collectors, retries included")),
      retries(metrics.AddCounter("pugmark_agent_reporter_retries_total",
                                 "gRPC messages that were sent again")) {
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    spans_dropped[i] = &metrics.AddCounter(
        "pugmark_agent_spans_dropped_total", "spans that were given up, by reason",
        {{"reason", std::string(DropReasonName(static_cast<DropReason>(i)))}});
  }
}

}  // namespace pugmark
