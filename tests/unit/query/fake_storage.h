// A storage of hand-made traces that fails, waits and cuts its chunks as a test says, and remembers
// what it was asked.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "storage/api/storage.h"

namespace pugmark {

using TestTags =
    std::vector<std::pair<std::string, std::variant<std::string, bool, std::int64_t, double>>>;

struct TestEvent {
  std::int64_t time_us = 0;
  std::string name{};
  TestTags fields{};
};

struct TestLink {
  TraceId trace_id;
  SpanId span_id = 0;
  RefType type = RefType::kChildOf;
};

struct TestSpan {
  TraceId trace_id{0, 1};
  SpanId span_id = 1;
  SpanId parent = 0;
  std::string name = "op";
  std::string service = "svc";
  std::int64_t start_us = 1'000;
  std::int64_t duration_us = 10;
  SpanKind kind = SpanKind::kUnspecified;
  SourceFormat format = SourceFormat::kUnknown;
  TestTags tags{};
  TestTags process_tags{};
  std::vector<TestEvent> events{};
  std::vector<TestLink> links{};
};

// A deep copy of the spans in `arena`, one resource per span.
std::span<Span> BuildSpans(Arena& arena, const std::vector<TestSpan>& spans);

class FakeStorage : public Storage,
                    public TraceReader,
                    public DependencyReader,
                    public MetricsReader,
                    public ArchiveWriter {
 public:
  FakeStorage() { offered.without_service = true; }

  // Set before the storage is used.
  std::vector<std::vector<TestSpan>> traces;
  std::vector<std::vector<TestSpan>> archived;
  std::vector<DependencyLink> links;
  std::vector<TraceSummary> summaries;
  std::optional<std::vector<MetricsSeries>> series;  // without: no metrics
  std::map<std::string, std::vector<Operation>> operations;
  std::size_t spans_per_chunk = 1'000;
  bool has_archive = false;
  std::optional<Error> fail_reads;                     // every read
  std::optional<std::size_t> fail_after_chunks;        // of a stream
  std::function<void(const RequestContext&)> on_read;  // at the start of every read, and of Next
  Capabilities offered;

  // What was asked last.
  struct Asked {
    TraceQuery query;
    std::vector<TraceLookup> lookups;
    TimeRange dependency_window;
    std::optional<SpanKind> kind;
    std::string service;
    MetricsQuery metrics;
    std::size_t archived_spans = 0;
  };
  [[nodiscard]] Asked asked() const;

  const Capabilities& capabilities() const override { return offered; }
  SpanWriter* span_writer() override { return nullptr; }
  TraceReader& trace_reader() override { return *this; }
  DependencyReader* dependency_reader() override { return this; }
  MetricsReader* metrics_reader() override { return series ? this : nullptr; }
  ArchiveWriter* archive_writer() override { return has_archive ? this : nullptr; }
  TraceReader* archive_reader() override { return has_archive ? &archive_ : nullptr; }
  Status Health() override { return {}; }
  Status Drain(std::chrono::steady_clock::time_point /*deadline*/) override { return {}; }

  Result<std::unique_ptr<TraceStream>> GetTraces(const RequestContext& context,
                                                 std::vector<TraceLookup> lookups) override;
  // All traces with a span of the service and name asked for; other parts of the query are ignored.
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
  Status Archive(const RequestContext& context, std::unique_ptr<TraceStream> trace) override;

 private:
  class Stream;
  // Reads `archived`.
  class ArchiveReader : public TraceReader {
   public:
    explicit ArchiveReader(FakeStorage& storage) : storage_(storage) {}
    Result<std::unique_ptr<TraceStream>> GetTraces(const RequestContext& context,
                                                   std::vector<TraceLookup> lookups) override;
    Result<std::unique_ptr<TraceStream>> FindTraces(const RequestContext&,
                                                    const TraceQuery&) override {
      return Unimplemented("archive");
    }
    Result<Page<FoundTrace>> FindTraceIds(const RequestContext&, const TraceQuery&) override {
      return Unimplemented("archive");
    }
    Result<Page<TraceSummary>> FindTraceSummaries(const RequestContext&,
                                                  const TraceQuery&) override {
      return Unimplemented("archive");
    }
    Result<Listing<std::string>> GetServices(const RequestContext&) override {
      return Unimplemented("archive");
    }
    Result<Listing<Operation>> GetOperations(const RequestContext&, const std::string&,
                                             std::optional<SpanKind>) override {
      return Unimplemented("archive");
    }

   private:
    FakeStorage& storage_;
  };

  Status Begin(const RequestContext& context);
  std::unique_ptr<TraceStream> Lookup(const RequestContext& context,
                                      const std::vector<std::vector<TestSpan>>& from,
                                      const std::vector<TraceLookup>& lookups);

  mutable std::mutex mutex_;
  Asked asked_;
  ArchiveReader archive_{*this};
};

}  // namespace pugmark
