// Takes decoded batches to the store: counts and repairs them where they arrive, queues them, and
// writes them with a bounded number of writes under way. A batch is answered when the store has
// committed it, or refused at once.
//
// Threads: min(num_workers, cores) writers that take batches from the queue and start writes, never
// waiting for their end; one that resizes the queue, where that is asked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "collector/pipeline/budget_share.h"
#include "collector/pipeline/collector_tags.h"
#include "collector/pipeline/downsampler.h"
#include "collector/pipeline/ingest_result.h"
#include "collector/pipeline/limit_hits.h"
#include "collector/pipeline/pipeline_metrics.h"
#include "collector/pipeline/queue_sizer.h"
#include "collector/pipeline/span_counters.h"
#include "common/concurrency/periodic.h"
#include "common/model/span_batch.h"
#include "storage/api/span_writer.h"

namespace pugmark {

struct PipelineOptions {
  std::size_t queue_size = 2'000;  // spans that may wait; 0 refuses all
  std::size_t queue_bytes = std::size_t{256} << 20;
  std::size_t num_workers = 50;
  std::size_t queue_memory_bytes = 0;  // more than 0: the queue is resized to hold so many
  bool measure_bytes = false;          // keeps the gauge of bytes written
  CollectorTags tags;
  Downsampler downsampler{1, ""};
  // Spans for which it is false are rejected; null keeps all.
  std::function<bool(const Span&)> keep;
  // Told of each root span that is to be stored; may be null.
  std::function<void(const Span&)> on_root;
};

// Thread safety: Submit and the figures may be called concurrently.
class Pipeline {
 public:
  // `writer` and `hits` outlive it, and the writer may call back after the pipeline is gone.
  Pipeline(PipelineOptions options, SpanWriter& writer, std::shared_ptr<PipelineMetrics> metrics,
           std::shared_ptr<SpanCounters> counters, LimitHits& hits);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // `share` is what the request holds of the byte budget already; it grows to what the batch holds.
  // `done` may run before Submit returns.
  void Submit(std::unique_ptr<SpanBatch> batch, std::shared_ptr<BudgetShare> share,
              IngestDone done);

  // Refuses new batches, writes those that wait, and waits for all answers until `deadline`; then
  // refuses what waits and answers what is under way as failed. May be called twice.
  void Stop(std::chrono::steady_clock::time_point deadline);

  // Sets the size of the queue to what PipelineOptions::queue_memory_bytes holds. Called by itself
  // once a minute.
  void ResizeQueue();

  [[nodiscard]] std::size_t queue_length() const;
  [[nodiscard]] std::size_t queue_capacity() const;
  [[nodiscard]] std::size_t writes_under_way() const;

 private:
  class Shared;
  struct Submission;

  // Removes spans that are not to be stored; how many of them had a fault.
  std::size_t Reject(SpanBatch& batch);
  [[nodiscard]] std::optional<RejectReason> WhyNotStored(const Span& span) const;
  void CountLimits(const SpanBatch& batch, const Span& span);
  void Refuse(const SpanBatch& batch, std::size_t rejected, RefuseReason reason,
              std::string message, const IngestDone& done);
  void RunWriter();

  const PipelineOptions options_;
  SpanWriter& writer_;
  LimitHits& hits_;
  const std::shared_ptr<Shared> shared_;
  QueueSizer queue_sizer_;
  std::vector<std::jthread> writers_;
  std::optional<Periodic> resizes_;
};

}  // namespace pugmark
