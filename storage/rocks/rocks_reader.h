// Reads traces, services and operations, for the owner and for readers beside it alike.
#pragma once

#include <functional>

#include "storage/api/trace_reader.h"
#include "storage/rocks/read_scope.h"
#include "storage/rocks/view.h"

namespace pugmark::rocks {

class RocksReader : public TraceReader {
 public:
  // `views` outlives the reader. Blocks older than oldest_kept() are not shown.
  RocksReader(ViewSource& views, std::function<BlockId()> oldest_kept)
      : views_(views), oldest_kept_(std::move(oldest_kept)) {}

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

 private:
  [[nodiscard]] ReadScope ScopeOf(const RequestContext& context) const {
    return {context, oldest_kept_()};
  }

  ViewSource& views_;
  const std::function<BlockId()> oldest_kept_;
};

}  // namespace pugmark::rocks
