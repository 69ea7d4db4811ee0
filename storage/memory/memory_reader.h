// Reads the traces of a table.
#pragma once

#include "storage/api/trace_reader.h"
#include "storage/memory/trace_table.h"

namespace pugmark {

// What a listing holds at most (design section 13).
inline constexpr std::size_t kMostServices = 10'000;
inline constexpr std::size_t kMostOperations = 100'000;

class MemoryReader : public TraceReader {
 public:
  // The table outlives the reader.
  explicit MemoryReader(const TraceTable& table) : table_(table) {}

  // Hints are not needed and not looked at. A trace asked for twice comes once.
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
  const TraceTable& table_;
};

// All spans of a view, in the order stored.
std::vector<const Span*> SpansOf(const TraceView& view);

}  // namespace pugmark
