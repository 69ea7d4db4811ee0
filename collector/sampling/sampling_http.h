// HTTP: GET /api/sampling?service=NAME (reference 2.3).
#pragma once

#include "collector/sampling/strategy_provider.h"
#include "common/metrics/metrics.h"
#include "common/net/http.h"

namespace pugmark {

// Thread safety: Answer may be called concurrently. `provider` and `metrics` outlive it.
class SamplingHttp {
 public:
  SamplingHttp(const StrategyProvider& provider, Metrics& metrics);

  [[nodiscard]] HttpResponse Answer(const HttpRequest& request);

 private:
  const StrategyProvider& provider_;
  Metrics::Counter& requests_;
  Metrics::Counter& bad_requests_;
};

}  // namespace pugmark
