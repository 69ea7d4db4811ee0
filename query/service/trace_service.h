// Reads for every API of the query service: the store's readers, counted, with the archive behind
// them. What is the same for all dialects lives here; parameters and encodings do not.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "query/service/read_metrics.h"
#include "query/service/trace_source.h"
#include "storage/api/storage.h"

namespace pugmark {

// Thread safety: all methods may be called concurrently. They block: call them from query workers.
class TraceService {
 public:
  // `storage` and `metrics` outlive the service.
  TraceService(Storage& storage, Metrics& metrics, const std::string& storage_kind);

  [[nodiscard]] const Capabilities& capabilities() const { return storage_.capabilities(); }
  [[nodiscard]] bool has_archive() const { return storage_.archive_reader() != nullptr; }

  // The traces asked for, one by one, each from the archive where the store does not have it.
  // Errors come from the source.
  std::unique_ptr<TraceSource> GetTraces(const RequestContext& context,
                                         std::vector<TraceLookup> lookups);
  // Whole traces, newest first.
  Result<std::unique_ptr<TraceSource>> FindTraces(const RequestContext& context,
                                                  const TraceQuery& query);
  Result<Listing<std::string>> GetServices(const RequestContext& context);
  Result<Listing<Operation>> GetOperations(const RequestContext& context,
                                           const std::string& service,
                                           std::optional<SpanKind> kind);
  // kUnimplemented where the storage computes none.
  Result<std::vector<DependencyLink>> GetDependencies(const RequestContext& context,
                                                      TimeRange window);

 private:
  class LookupSource;

  Storage& storage_;
  ReadMetrics primary_;
  std::optional<ReadMetrics> archive_;
};

}  // namespace pugmark
