#include "collector/pipeline/limit_hits.h"

namespace pugmark {
namespace {

constexpr std::array<std::string_view, kLimits> kNames = {
    "bytes-in-flight",      "queue-size",      "http-body-bytes", "decoded-bytes", "request-spans",
    "request-memory-bytes", "span-attributes", "span-events",     "span-links",    "value-bytes"};

}  // namespace

std::string_view LimitName(Limit limit) { return kNames[static_cast<std::size_t>(limit)]; }

LimitHits::LimitHits(Metrics& metrics) {
  for (std::size_t i = 0; i < kLimits; ++i) {
    hits_[i] =
        &metrics.AddCounter("pugmark_collector_limit_hits_total", "times that a limit was met",
                            {{"limit", std::string(kNames[i])}});
  }
}

}  // namespace pugmark
