#include "collector/pipeline/pipeline_metrics.h"

#include <string_view>

namespace pugmark {
namespace {

constexpr std::array<std::string_view, kRejectReasons> kRejectNames = {
    "bad_id", "zero_trace_id", "filter", "downsampling", "store"};
constexpr std::array<std::string_view, kRefuseReasons> kRefuseNames = {"queue_full", "byte_budget",
                                                                       "store_busy", "shutdown"};
constexpr std::array<std::string_view, kFailReasons> kFailNames = {"store_error",
                                                                   "unknown_outcome"};

template <std::size_t N>
void AddByReason(Metrics& metrics, const std::string& name, const std::string& help,
                 const std::array<std::string_view, N>& reasons,
                 std::array<Metrics::Counter*, N>& counters) {
  for (std::size_t i = 0; i < N; ++i) {
    counters[i] = &metrics.AddCounter(name, help, {{"reason", std::string(reasons[i])}});
  }
}

}  // namespace

PipelineMetrics::PipelineMetrics(Metrics& metrics, const std::string& host)
    : spans_dropped(metrics.AddCounter("jaeger_collector_spans_dropped_total",
                                       "spans refused, to be sent again", {{"host", host}})),
      batch_size(metrics.AddGauge("jaeger_collector_batch_size", "spans of the last batch",
                                  {{"host", host}})),
      queue_capacity(metrics.AddGauge("jaeger_collector_queue_capacity",
                                      "spans that may wait for a writer", {{"host", host}})),
      queue_length(metrics.AddGauge("jaeger_collector_queue_length", "spans that wait for a writer",
                                    {{"host", host}})),
      spans_bytes(metrics.AddGauge("jaeger_collector_spans_bytes", "bytes of the spans written",
                                   {{"host", host}})),
      service_names(metrics.AddGauge("jaeger_collector_spans_serviceNames",
                                     "distinct services of the spans written", {{"host", host}})),
      save_latency(metrics.AddHistogram("jaeger_collector_save_latency",
                                        "seconds from the start of a write to its end",
                                        {{"host", host}})),
      in_queue_latency(metrics.AddHistogram("jaeger_collector_in_queue_latency",
                                            "seconds that a batch waited for a writer",
                                            {{"host", host}})),
      downsampling_accepted_(metrics.AddCounter("jaeger_downsampling_writer_spans_accepted_total",
                                                "spans kept by downsampling, where it is on")),
      downsampling_dropped_(metrics.AddCounter("jaeger_downsampling_writer_spans_dropped_total",
                                               "spans left out by downsampling")) {
  AddByReason(metrics, "pugmark_collector_spans_rejected_total", "spans that are not to be stored",
              kRejectNames, rejected_);
  AddByReason(metrics, "pugmark_collector_spans_refused_total", "spans refused, to be sent again",
              kRefuseNames, refused_);
  AddByReason(metrics, "pugmark_collector_spans_failed_total",
              "spans that the store could not commit", kFailNames, failed_);
}

}  // namespace pugmark
