// Reads traces, services and operations, calls and metrics, for the owner and for readers beside
// it.
#pragma once

#include <functional>

#include "storage/api/dependency_reader.h"
#include "storage/api/metrics_reader.h"
#include "storage/api/trace_reader.h"
#include "storage/rocks/engine/live_store.h"
#include "storage/rocks/engine/service_catalog.h"

namespace pugmark::engine {

class EngineReader : public TraceReader, public DependencyReader, public MetricsReader {
 public:
  // Both outlive it.
  EngineReader(ViewSource& views, const ServiceCatalog& catalog)
      : views_(views), catalog_(catalog) {}

  Result<std::unique_ptr<TraceStream>> GetTraces(const RequestContext& context,
                                                 std::vector<TraceLookup> lookups) override;
  Result<std::unique_ptr<TraceStream>> FindTraces(const RequestContext& context,
                                                  const TraceQuery& query) override;
  Result<Page<FoundTrace>> FindTraceIds(const RequestContext& context,
                                        const TraceQuery& query) override;
  Result<Page<TraceSummary>> FindTraceSummaries(const RequestContext& context,
                                                const TraceQuery& query) override;
  Result<Listing<std::string>> GetServices(const RequestContext& context) override;
  Result<Listing<Operation>> GetOperations(const RequestContext& context,
                                           const std::string& service,
                                           std::optional<SpanKind> kind) override;
  Result<std::vector<DependencyLink>> GetDependencies(const RequestContext& context,
                                                      TimeRange window) override;
  Result<std::vector<MetricsSeries>> GetMetrics(const RequestContext& context,
                                                const MetricsQuery& query) override;

 private:
  ViewSource& views_;
  const ServiceCatalog& catalog_;
};

}  // namespace pugmark::engine
