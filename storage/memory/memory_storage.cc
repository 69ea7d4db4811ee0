#include "storage/memory/memory_storage.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "storage/memory/memory_analytics.h"
#include "storage/memory/memory_reader.h"
#include "storage/memory/memory_sampling_store.h"
#include "storage/memory/trace_table.h"

namespace pugmark {
namespace {

Capabilities EverythingThereIs() {
  Capabilities all;
  all.atomic_batch = true;
  all.read_your_writes = true;
  all.exact_limit = true;
  all.newest_first = true;
  all.same_span_conjunction = true;
  all.without_service = true;
  all.summaries = true;
  all.cursors = true;
  all.archive = true;
  all.sampling_lease = true;
  all.metrics = true;
  all.attributes = true;
  all.filter_ops = {FilterOp::kAnd,   FilterOp::kOr,    FilterOp::kNot,    FilterOp::kEq,
                    FilterOp::kNe,    FilterOp::kGt,    FilterOp::kLt,     FilterOp::kGte,
                    FilterOp::kLte,   FilterOp::kRegex, FilterOp::kExists, FilterOp::kIn,
                    FilterOp::kNotIn, FilterOp::kSome};
  all.filter_levels = {FilterLevel::kAny,      FilterLevel::kJaegerTag, FilterLevel::kSpan,
                       FilterLevel::kResource, FilterLevel::kScope,     FilterLevel::kEvent,
                       FilterLevel::kLink};
  return all;
}

// Writes on the caller's thread. Counts the writes under way, so that a drain can wait for them.
class MemoryWriter : public SpanWriter {
 public:
  explicit MemoryWriter(TraceTable& table) : table_(table) {}

  // The same spans again add nothing, whatever batch they come in: a redelivery needs no id.
  void Write(const RequestContext& context, std::unique_ptr<SpanBatch> batch,
             std::optional<BatchId> /*id*/, WriteDone done) override {
    WriteResult result;
    const std::size_t spans = batch->spans().size();
    if (Status open = Begin(); !open) {
      result.status = std::move(open);
    } else {
      result.status = context.Check();
      if (result.status) {
        result.status = table_.Insert(context.tenant, batch->spans());
      }
      End();
    }
    batch.reset();
    if (result.status) {
      result.stored = spans;
    } else {
      result.outcome = WriteResult::Outcome::kRefused;
      result.rejected = result.status.error().code == ErrorCode::kInvalidArgument ? spans : 0;
    }
    done(result);
  }

  Status Drain(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    draining_ = true;
    if (!idle_.wait_until(lock, deadline, [this] { return under_way_ == 0; })) {
      return Error{ErrorCode::kDeadlineExceeded,
                   "drain: " + std::to_string(under_way_) + " writes are still under way"};
    }
    return {};
  }

 private:
  Status Begin() {
    const std::lock_guard lock(mutex_);
    if (draining_) {
      return Unavailable("the store is shutting down");
    }
    ++under_way_;
    return {};
  }
  void End() {
    const std::lock_guard lock(mutex_);
    if (--under_way_ == 0) {
      idle_.notify_all();
    }
  }

  TraceTable& table_;
  std::mutex mutex_;
  std::condition_variable idle_;
  bool draining_ = false;
  std::size_t under_way_ = 0;
};

// Copies traces into a table that drops nothing. It shares the byte bound with the traces that
// retention drops: it may take half of it and then refuses.
class MemoryArchive : public ArchiveWriter {
 public:
  MemoryArchive(TraceTable& archive, TraceTable& traces, std::size_t max_bytes)
      : archive_(archive), traces_(traces), max_bytes_(max_bytes) {}

  Status Archive(const RequestContext& context, std::unique_ptr<TraceStream> trace) override {
    while (true) {
      Result<std::unique_ptr<TraceChunk>> chunk = trace->Next();
      if (!chunk) {
        return std::move(chunk.error());
      }
      if (*chunk == nullptr) {
        return {};
      }
      if (Status added = archive_.Insert(context.tenant, (*chunk)->spans()); !added) {
        return std::move(added.error()).Wrap("archive");
      }
      const std::size_t used = archive_.usage().bytes;
      traces_.SetMaxBytes(max_bytes_ - std::min(used, max_bytes_));
    }
  }

 private:
  TraceTable& archive_;
  TraceTable& traces_;
  const std::size_t max_bytes_;
};

class MemoryStorage : public Storage {
 public:
  MemoryStorage(const MemoryConfig& config, Metrics& metrics, const Clock& clock)
      : config_(config),
        traces_(config.max_traces, config.max_bytes, TraceTable::WhenFull::kDropOldest),
        archive_(0, config.max_bytes / 2, TraceTable::WhenFull::kRefuse),
        sampling_(clock),
        refresh_gauges_(RegisterMetrics(metrics)) {}

  const Capabilities& capabilities() const override { return capabilities_; }
  SpanWriter* span_writer() override { return &writer_; }
  TraceReader& trace_reader() override { return reader_; }
  DependencyReader* dependency_reader() override { return &dependencies_; }
  MetricsReader* metrics_reader() override { return &metrics_; }
  AttributeReader* attribute_reader() override { return &attributes_; }
  SamplingStore* sampling_store() override { return &sampling_; }
  ArchiveWriter* archive_writer() override { return &archive_writer_; }
  TraceReader* archive_reader() override { return &archive_reader_; }

  Status Health() override { return {}; }
  Status Drain(std::chrono::steady_clock::time_point deadline) override {
    return writer_.Drain(deadline);
  }

  std::string DebugJson() override {
    const TraceTable::Usage traces = traces_.usage();
    const TraceTable::Usage archive = archive_.usage();
    std::string json;
    const auto add = [&json](std::string_view name, std::uint64_t number) {
      json += json.empty() ? "{\"" : ",\"";
      json += name;
      json += "\":" + std::to_string(number);
    };
    add("tenants", traces.tenants);
    add("traces", traces.traces);
    add("max_traces_per_tenant", config_.max_traces);
    add("spans", traces.spans);
    add("bytes", traces.bytes);
    add("max_bytes", config_.max_bytes);
    add("evicted_traces", traces.evicted_traces);
    add("evicted_spans", traces.evicted_spans);
    add("repeated_spans", traces.repeated_spans);
    add("archived_traces", archive.traces);
    add("archived_spans", archive.spans);
    add("archive_bytes", archive.bytes);
    add("max_archive_bytes", archive.max_bytes);
    return json + "}";
  }

 private:
  std::shared_ptr<Metrics::Hook> RegisterMetrics(Metrics& metrics) {
    Metrics::Gauge& traces = metrics.AddGauge("pugmark_memory_traces", "Traces held in memory");
    Metrics::Gauge& spans = metrics.AddGauge("pugmark_memory_spans", "Spans held in memory");
    Metrics::Gauge& bytes =
        metrics.AddGauge("pugmark_memory_bytes", "Bytes that stored traces and the archive take");
    Metrics::Counter& evicted = metrics.AddCounter("pugmark_memory_evicted_spans_total",
                                                   "Spans dropped to keep within the bounds");
    return metrics.BeforeScrape([this, &traces, &spans, &bytes, &evicted] {
      const std::lock_guard lock(refresh_mutex_);  // scrapes may meet
      const TraceTable::Usage usage = traces_.usage();
      traces.Set(static_cast<double>(usage.traces));
      spans.Set(static_cast<double>(usage.spans));
      bytes.Set(static_cast<double>(usage.bytes + archive_.usage().bytes));
      evicted.Increment(static_cast<double>(usage.evicted_spans) - evicted.Value());
    });
  }

  const MemoryConfig config_;
  const Capabilities capabilities_ = EverythingThereIs();
  TraceTable traces_;
  TraceTable archive_;
  MemoryWriter writer_{traces_};
  MemoryReader reader_{traces_};
  MemoryDependencies dependencies_{traces_};
  MemoryMetrics metrics_{traces_};
  MemoryAttributes attributes_{traces_};
  MemorySamplingStore sampling_;
  MemoryArchive archive_writer_{archive_, traces_, config_.max_bytes};
  MemoryReader archive_reader_{archive_};
  std::mutex refresh_mutex_;
  const std::shared_ptr<Metrics::Hook> refresh_gauges_;  // last: it uses the tables
};

}  // namespace

Result<std::unique_ptr<Storage>> OpenMemoryStorage(const MemoryConfig& config, Metrics& metrics,
                                                   const Clock& clock) {
  if (Status valid = config.Validate(); !valid) {
    return std::move(valid.error());
  }
  return std::unique_ptr<Storage>(std::make_unique<MemoryStorage>(config, metrics, clock));
}

}  // namespace pugmark
