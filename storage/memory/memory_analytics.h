// What the memory store computes from its spans on the fly: dependencies, RED metrics, attribute
// names and values.
#pragma once

#include "storage/api/attribute_reader.h"
#include "storage/api/dependency_reader.h"
#include "storage/api/metrics_reader.h"
#include "storage/memory/trace_table.h"

namespace pugmark {

// Each looks at every trace with a span in the window. The table outlives them.

class MemoryDependencies : public DependencyReader {
 public:
  explicit MemoryDependencies(const TraceTable& table) : table_(table) {}
  Result<std::vector<DependencyLink>> GetDependencies(const RequestContext& context,
                                                      TimeRange window) override;

 private:
  const TraceTable& table_;
};

class MemoryMetrics : public MetricsReader {
 public:
  explicit MemoryMetrics(const TraceTable& table) : table_(table) {}
  Result<std::vector<MetricsSeries>> GetMetrics(const RequestContext& context,
                                                const MetricsQuery& query) override;

 private:
  const TraceTable& table_;
};

class MemoryAttributes : public AttributeReader {
 public:
  explicit MemoryAttributes(const TraceTable& table) : table_(table) {}
  Result<std::vector<AttributeName>> GetNames(const RequestContext& context,
                                              const std::optional<std::string>& service,
                                              TimeRange window) override;
  Result<std::vector<AttributeValueCount>> GetValues(const RequestContext& context,
                                                     const std::optional<std::string>& service,
                                                     const AttributeName& name, TimeRange window,
                                                     std::size_t limit) override;

 private:
  const TraceTable& table_;
};

}  // namespace pugmark
