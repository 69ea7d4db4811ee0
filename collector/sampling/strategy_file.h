// Sampling strategies from a file or a URL, read again now and then (reference 2.9).
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "collector/sampling/strategy_provider.h"
#include "collector/sampling/strategy_set.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/concurrency/periodic.h"
#include "common/metrics/metrics.h"

namespace pugmark {

struct StrategyFileConfig {
  std::string source;              // a path, or an http:// URL; "": the default probability for all
  Nanoseconds reload_interval{0};  // 0: read once
  double default_probability = 0.001;
};

// Threads: one that reads the source again, where an interval is given. What it cannot read leaves
// the strategies as they are.
class StrategyFile : public StrategyProvider {
 public:
  // kInvalidArgument and kNotFound for a source that cannot be read or is no strategies file. A
  // source that is `null`, or a URL that answers 503, means the default, and is not read again.
  static Result<std::unique_ptr<StrategyFile>> Open(const StrategyFileConfig& config,
                                                    Metrics& metrics);
  ~StrategyFile() override;

  [[nodiscard]] jaeger::api_v2::SamplingStrategyResponse GetStrategy(
      std::string_view service) const override;

  // Reads the source now; for the tests, which do not wait.
  void Reload();

 private:
  StrategyFile(StrategyFileConfig config, Metrics& metrics);
  // Takes over the strategies of `text`.
  Status Use(const std::string& text);

  const StrategyFileConfig config_;
  Metrics::Counter& reloads_ok_;
  Metrics::Counter& reloads_failed_;
  std::atomic<std::shared_ptr<const StrategySet>> strategies_;
  std::mutex reload_mutex_;
  std::string last_text_;             // under reload_mutex_
  std::optional<Periodic> reloader_;  // last: it ends first
};

// The text of a strategies source: "null" for a URL that answers 503.
Result<std::string> ReadStrategySource(const std::string& source);

}  // namespace pugmark
