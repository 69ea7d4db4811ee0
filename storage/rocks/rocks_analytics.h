// What is computed from stored spans on the fly: dependencies and RED metrics.
#pragma once

#include <functional>

#include "storage/api/dependency_reader.h"
#include "storage/api/metrics_reader.h"
#include "storage/rocks/read_scope.h"
#include "storage/rocks/view.h"

namespace pugmark::rocks {

// Both look at every block with a span in the window: their cost is that of reading it all.
// `views` outlives them.

class RocksDependencies : public DependencyReader {
 public:
  RocksDependencies(ViewSource& views, std::function<BlockId()> oldest_kept)
      : views_(views), oldest_kept_(std::move(oldest_kept)) {}
  Result<std::vector<DependencyLink>> GetDependencies(const RequestContext& context,
                                                      TimeRange window) override;

 private:
  ViewSource& views_;
  const std::function<BlockId()> oldest_kept_;
};

class RocksMetrics : public MetricsReader {
 public:
  RocksMetrics(ViewSource& views, std::function<BlockId()> oldest_kept)
      : views_(views), oldest_kept_(std::move(oldest_kept)) {}
  Result<std::vector<MetricsSeries>> GetMetrics(const RequestContext& context,
                                                const MetricsQuery& query) override;

 private:
  ViewSource& views_;
  const std::function<BlockId()> oldest_kept_;
};

}  // namespace pugmark::rocks
