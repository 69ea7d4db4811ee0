// Metrics of a process over prometheus-cpp. Components resolve their counters once, at
// construction; hot paths add to ready counters and touch no label map.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pugmark {

using Labels = std::map<std::string, std::string>;

// Thread safety: all methods may be called concurrently; the references live as long as the
// registry.
class Metrics {
 public:
  using Counter = prometheus::Counter;
  using Gauge = prometheus::Gauge;
  using Histogram = prometheus::Histogram;

  // The same name and labels give the same metric.
  Counter& AddCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& AddGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // Without bounds: Prometheus's default buckets, .005 to 10 seconds.
  Histogram& AddHistogram(const std::string& name, const std::string& help,
                          const Labels& labels = {}, const std::vector<double>& bounds = {});

  // Runs before each scrape, to refresh gauges from their sources, until the returned handle is let
  // go of, which waits for a refresh under way. The refresh does not let go of its own handle.
  class Hook;
  [[nodiscard]] std::shared_ptr<Hook> BeforeScrape(std::function<void()> refresh);

  // The Prometheus text format 0.0.4.
  std::string Serialize();

 private:
  prometheus::Registry registry_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Hook>> hooks_;
};

class Metrics::Hook {
 public:
  explicit Hook(std::function<void()> refresh);
  void Run();
  void End();

 private:
  std::mutex mutex_;
  std::function<void()> refresh_;
};

// The metrics of the process itself, under the names of Prometheus's client libraries
// (process_cpu_seconds_total, process_resident_memory_bytes, ...), until the handle is let go of.
[[nodiscard]] std::shared_ptr<Metrics::Hook> AddProcessMetrics(Metrics& metrics);

// The `svc` label of Jaeger's counters (reference 2.8): lower case, bytes outside [a-z0-9.-] become
// '_', "" becomes "__unknown". The first 4000 distinct ones of the process keep their name, further
// ones share "other-services". Names are cut after 256 bytes.
//
// Thread safety: may be called concurrently.
std::string NormalizeServiceLabel(std::string_view service);

}  // namespace pugmark
