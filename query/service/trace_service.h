// Reads for every API of the query service: the store's readers, counted, with the archive behind
// them. What is the same for all dialects lives here; parameters and encodings do not.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "query/service/adjust/dialect.h"
#include "query/service/read_metrics.h"
#include "query/service/trace_source.h"
#include "storage/api/storage.h"

namespace pugmark {

struct TraceServiceOptions {
  std::string storage_kind;         // label of the metrics
  Nanoseconds max_clock_skew{0};    // that is corrected; 0: skew is only told
  std::size_t max_trace_spans = 0;  // longer traces are cut; 0: no limit
};

// Thread safety: all methods may be called concurrently. They block: call them from query workers.
class TraceService {
 public:
  // `storage` and `metrics` outlive the service.
  TraceService(Storage& storage, Metrics& metrics, TraceServiceOptions options);

  [[nodiscard]] const Capabilities& capabilities() const { return storage_.capabilities(); }
  // Whether traces can be archived here.
  [[nodiscard]] bool has_archive() const { return storage_.archive_writer() != nullptr; }
  [[nodiscard]] bool has_metrics() const { return storage_.metrics_reader() != nullptr; }

  // The traces asked for, one by one, each from the archive where the store does not have it.
  // Errors come from the source.
  std::unique_ptr<TraceSource> GetTraces(const RequestContext& context,
                                         std::vector<TraceLookup> lookups);
  // Whole traces, newest first.
  Result<std::unique_ptr<TraceSource>> FindTraces(const RequestContext& context,
                                                  const TraceQuery& query);
  // The same traces as `dialect` shows them. `source` is one of this service, under `context`.
  std::unique_ptr<TraceSource> Adjust(std::unique_ptr<TraceSource> source,
                                      const RequestContext& context, AdjustDialect dialect);
  // Newest first, the first page of at most `query.limit`.
  Result<Page<TraceSummary>> FindTraceSummaries(const RequestContext& context,
                                                const TraceQuery& query);
  Result<Listing<std::string>> GetServices(const RequestContext& context);
  Result<Listing<Operation>> GetOperations(const RequestContext& context,
                                           const std::string& service,
                                           std::optional<SpanKind> kind);
  // kUnimplemented where the storage computes none.
  Result<std::vector<DependencyLink>> GetDependencies(const RequestContext& context,
                                                      TimeRange window);

  static constexpr std::string_view kNoMetrics = "metrics querying is currently disabled";
  // kUnimplemented (kNoMetrics) where the storage computes none.
  Result<std::vector<MetricsSeries>> GetMetrics(const RequestContext& context,
                                                const MetricsQuery& query);
  // Copies a trace to the archive. kNotFound; kUnimplemented where there is none.
  Status Archive(const RequestContext& context, const TraceLookup& lookup);

 private:
  class LookupSource;
  [[nodiscard]] std::unique_ptr<TraceSource> Limit(std::unique_ptr<TraceSource> source) const;

  Storage& storage_;
  const TraceServiceOptions options_;
  ReadMetrics primary_;
  std::optional<ReadMetrics> archive_;
};

}  // namespace pugmark
