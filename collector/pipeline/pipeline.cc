#include "collector/pipeline/pipeline.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "collector/pipeline/sanitizer.h"
#include "common/concurrency/bounded_queue.h"
#include "common/log/log.h"

namespace pugmark {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kWriteTimeout{30};
constexpr std::chrono::milliseconds kRetryAfter{1'000};
constexpr std::chrono::minutes kResizeInterval{1};

double SecondsSince(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

bool IsRetryable(ErrorCode code) {
  return code == ErrorCode::kResourceExhausted || code == ErrorCode::kUnavailable ||
         code == ErrorCode::kDeadlineExceeded || code == ErrorCode::kAborted;
}

IngestResult Busy(ErrorCode code, std::string message, std::size_t rejected,
                  std::chrono::milliseconds retry_after = kRetryAfter) {
  return {.outcome = IngestOutcome::kBusy,
          .error = {code, std::move(message)},
          .rejected = rejected,
          .retry_after = retry_after};
}

}  // namespace

// A batch between Submit and its answer.
struct Pipeline::Submission {
  std::unique_ptr<SpanBatch> batch;  // until its write starts
  SpanCounters::SavedTallies tallies;
  IngestDone done;
  std::size_t spans = 0;
  std::size_t rejected = 0;
  std::size_t wire_bytes = 0;
  SteadyClock::time_point since;  // when it was queued; then when its write started
};

// What writes under way need: it outlives the pipeline where a store answers late.
//
// A write has a slot from before its batch is taken from the queue until its answer, so that there
// are never more of them than slots.
class Pipeline::Shared {
 public:
  Shared(const PipelineOptions& options, std::shared_ptr<PipelineMetrics> metrics,
         std::shared_ptr<SpanCounters> counters)
      : metrics_(std::move(metrics)),
        counters_(std::move(counters)),
        measure_bytes_(options.measure_bytes),
        queue_({options.queue_size, options.queue_bytes}),
        writes_(options.num_workers) {
    for (std::size_t slot = 0; slot < writes_.size(); ++slot) {
      free_slots_.push_back(slot);
    }
  }

  [[nodiscard]] PipelineMetrics& metrics() { return *metrics_; }
  [[nodiscard]] SpanCounters& counters() { return *counters_; }
  [[nodiscard]] BoundedQueue<std::unique_ptr<Submission>>& queue() { return queue_; }
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] std::size_t writes_under_way() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(writes_.begin(), writes_.end(), [](const auto& write) { return !!write; }));
  }

  [[nodiscard]] bool Push(std::unique_ptr<Submission>& submission) {
    const std::size_t spans = submission->spans;
    const std::size_t bytes = submission->batch->bytes_held();
    ++unanswered_;
    const bool pushed = queue_.TryPush(submission, spans, bytes);
    if (!pushed) {
      EndOne();
    }
    return pushed;
  }

  // Waits for a free slot; nothing once the pipeline has given up.
  std::optional<std::size_t> TakeSlot() {
    std::unique_lock lock(mutex_);
    slot_free_.wait(lock, [this] { return given_up_ || !free_slots_.empty(); });
    if (given_up_) {
      return std::nullopt;
    }
    const std::size_t slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }

  // Waits for a batch to write in `slot`; null once the queue is closed and empty, or the pipeline
  // has given up.
  std::unique_ptr<SpanBatch> TakeBatch(std::size_t slot) {
    std::unique_ptr<Submission> submission;
    if (!queue_.Pop(submission)) {
      return nullptr;
    }
    const auto now = SteadyClock::now();
    metrics_->in_queue_latency.Observe(
        std::chrono::duration<double>(now - submission->since).count());
    submission->since = now;
    std::unique_ptr<SpanBatch> batch = std::move(submission->batch);
    {
      const std::lock_guard lock(mutex_);
      if (!given_up_) {
        writes_[slot] = std::move(submission);
        return batch;
      }
    }
    RefuseForShutdown(*submission);
    return nullptr;
  }

  // The end of the write in `slot`.
  void Finish(std::size_t slot, const WriteResult& result) {
    std::unique_ptr<Submission> submission;
    {
      const std::lock_guard lock(mutex_);
      submission = std::move(writes_[slot]);
      if (submission == nullptr) {
        return;  // given up and answered before
      }
      free_slots_.push_back(slot);
    }
    slot_free_.notify_one();
    metrics_->save_latency.Observe(SecondsSince(submission->since));
    Answer(*submission, result);
  }

  // Refuses new batches and waits until everything is answered, or `deadline`.
  void Drain(SteadyClock::time_point deadline) {
    stopping_ = true;
    queue_.Close();
    std::unique_lock lock(mutex_);
    all_answered_.wait_until(lock, deadline, [this] { return unanswered_ == 0; });
  }

  // Answers whatever Drain left.
  void GiveUp() {
    std::vector<std::unique_ptr<Submission>> under_way;
    {
      const std::lock_guard lock(mutex_);
      given_up_ = true;
      for (auto& write : writes_) {
        if (write != nullptr) {
          under_way.push_back(std::move(write));
        }
      }
    }
    slot_free_.notify_all();
    for (const auto& submission : queue_.PopAll()) {
      RefuseForShutdown(*submission);
    }
    for (const auto& submission : under_way) {
      Answer(*submission, {.outcome = WriteResult::Outcome::kUnknown,
                           .status = Unavailable("shutting down before the store had answered")});
    }
  }

 private:
  void EndOne() {
    if (--unanswered_ == 0 && stopping_) {
      const std::lock_guard lock(mutex_);
      all_answered_.notify_all();
    }
  }

  void RefuseForShutdown(const Submission& submission) {
    metrics_->AddRefused(RefuseReason::kShutdown, submission.spans);
    submission.done(Busy(ErrorCode::kUnavailable, "shutting down", submission.rejected));
    EndOne();
  }

  void Answer(const Submission& submission, const WriteResult& result) {
    submission.done(result.outcome == WriteResult::Outcome::kCommitted
                        ? Stored(submission, result)
                        : NotStored(submission, result));
    EndOne();
  }

  IngestResult Stored(const Submission& submission, const WriteResult& result) {
    const std::size_t rejected = std::min(result.rejected, submission.spans);
    counters_->AddSaved(submission.tallies, submission.spans - rejected);
    if (rejected > 0) {
      metrics_->AddRejected(RejectReason::kStore, rejected);
    }
    if (measure_bytes_) {
      metrics_->spans_bytes.Increment(static_cast<double>(submission.wire_bytes));
    }
    return {.outcome = IngestOutcome::kStored, .rejected = submission.rejected + rejected};
  }

  IngestResult NotStored(const Submission& submission, const WriteResult& result) {
    const Error error =
        result.status.ok() ? Unavailable("the store gave no reason") : result.status.error();
    const bool is_unknown = result.outcome == WriteResult::Outcome::kUnknown;
    counters_->AddSaved(submission.tallies, 0);
    PUGMARK_LOG_THROTTLED(LogLevel::kError, "storage write failed", {"spans", submission.spans},
                          {"error", error.message}, {"stored", is_unknown ? "unknown" : "no"});
    const auto retry_after = result.retry_after.count() > 0 ? result.retry_after : kRetryAfter;
    if (is_unknown) {
      // Storing the same spans again adds nothing, so the sender may try.
      metrics_->AddFailed(FailReason::kUnknownOutcome, submission.spans);
      return Busy(ErrorCode::kUnavailable, error.message, submission.rejected, retry_after);
    }
    if (IsRetryable(error.code)) {
      metrics_->AddRefused(RefuseReason::kStoreBusy, submission.spans);
      return Busy(error.code, error.message, submission.rejected, retry_after);
    }
    metrics_->AddFailed(FailReason::kStoreError, submission.spans);
    return {.outcome = IngestOutcome::kFailed, .error = error, .rejected = submission.rejected};
  }

  const std::shared_ptr<PipelineMetrics> metrics_;
  const std::shared_ptr<SpanCounters> counters_;
  const bool measure_bytes_;
  BoundedQueue<std::unique_ptr<Submission>> queue_;
  std::atomic<std::size_t> unanswered_{0};
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;
  std::condition_variable slot_free_;
  std::condition_variable all_answered_;
  std::vector<std::unique_ptr<Submission>> writes_;  // by slot; null while free
  std::vector<std::size_t> free_slots_;
  bool given_up_ = false;
};

Pipeline::Pipeline(PipelineOptions options, SpanWriter& writer,
                   std::shared_ptr<PipelineMetrics> metrics, std::shared_ptr<SpanCounters> counters,
                   LimitHits& hits)
    : options_(std::move(options)),
      writer_(writer),
      hits_(hits),
      shared_(std::make_shared<Shared>(options_, std::move(metrics), std::move(counters))),
      queue_sizer_(options_.queue_memory_bytes, options_.queue_size) {
  if (options_.queue_memory_bytes > 0) {
    resizes_.emplace(kResizeInterval, [this] { ResizeQueue(); });
  }
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < std::min(options_.num_workers, cores); ++i) {
    writers_.emplace_back([this] { RunWriter(); });
  }
}

Pipeline::~Pipeline() { Stop(SteadyClock::now()); }

std::size_t Pipeline::queue_length() const { return shared_->queue().weight(); }
std::size_t Pipeline::queue_capacity() const { return shared_->queue().max_weight(); }
std::size_t Pipeline::writes_under_way() const { return shared_->writes_under_way(); }

std::size_t Pipeline::Reject(SpanBatch& batch) {
  std::size_t faulty = batch.rejected_spans;
  if (faulty > 0) {
    shared_->counters().AddUnreadable(batch, batch.rejected_spans);
    shared_->metrics().AddRejected(RejectReason::kBadId, faulty);
  }
  const std::span<Span> spans = batch.spans();
  std::size_t kept = 0;
  std::size_t downsampled = 0;
  for (const Span& span : spans) {
    CountLimits(batch, span);
    const auto reason = WhyNotStored(span);
    if (!reason) {
      if (&spans[kept] != &span) {
        spans[kept] = span;
      }
      ++kept;
    } else if (*reason == RejectReason::kDownsampling) {
      ++downsampled;
    } else {
      faulty += *reason == RejectReason::kZeroTraceId ? 1 : 0;
      shared_->counters().AddRejected(batch, span);
      shared_->metrics().AddRejected(*reason, 1);
    }
  }
  if (!options_.downsampler.keeps_all()) {
    shared_->metrics().AddDownsampled(kept, downsampled);
  }
  batch.Truncate(kept);
  return faulty;
}

std::optional<RejectReason> Pipeline::WhyNotStored(const Span& span) const {
  if (span.trace_id.IsZero()) {
    return RejectReason::kZeroTraceId;
  }
  if (options_.keep && !options_.keep(span)) {
    return RejectReason::kFilter;
  }
  if (!options_.downsampler.keeps_all() && !options_.downsampler.Keeps(span.trace_id)) {
    return RejectReason::kDownsampling;
  }
  return std::nullopt;
}

// The decoders left out what was beyond a limit and counted it on the span, to what the client had
// left out itself.
void Pipeline::CountLimits(const SpanBatch& batch, const Span& span) {
  if ((span.dropped_attributes | span.dropped_events | span.dropped_links) == 0) [[likely]] {
    return;
  }
  const auto count = [this](Limit limit, std::uint32_t dropped, std::size_t size,
                            std::size_t most) {
    if (dropped > 0 && size >= most) {
      hits_.Add(limit);
    }
  };
  const BatchLimits& limits = batch.limits();
  count(Limit::kSpanAttributes, span.dropped_attributes, span.attributes.size(),
        limits.max_attributes);
  count(Limit::kSpanEvents, span.dropped_events, span.events.size(), limits.max_events);
  count(Limit::kSpanLinks, span.dropped_links, span.links.size(), limits.max_links);
}

void Pipeline::Refuse(const SpanBatch& batch, std::size_t rejected, RefuseReason reason,
                      std::string message, const IngestDone& done) {
  shared_->metrics().AddRefused(reason, batch.spans().size());
  done(Busy(
      reason == RefuseReason::kShutdown ? ErrorCode::kUnavailable : ErrorCode::kResourceExhausted,
      std::move(message), rejected));
}

void Pipeline::Submit(std::unique_ptr<SpanBatch> batch, std::shared_ptr<BudgetShare> share,
                      IngestDone done) {
  shared_->counters().AddReceived(*batch);
  shared_->metrics().batch_size.Set(static_cast<double>(batch->spans().size()));
  const std::size_t rejected = Reject(*batch);
  const std::size_t spans = batch->spans().size();
  if (spans == 0) {
    done({.outcome = IngestOutcome::kStored, .rejected = rejected});
    return;
  }
  options_.tags.AddTo(*batch);
  Sanitize(*batch);
  if (options_.on_root) {
    for (const Span& span : batch->spans()) {
      if (span.parent_span_id == 0) {
        options_.on_root(span);
      }
    }
  }
  queue_sizer_.Add(spans, batch->payload().size());
  if (!share->GrowTo(batch->bytes_held())) {
    hits_.Add(Limit::kBytesInFlight);
    Refuse(*batch, rejected, RefuseReason::kByteBudget,
           "server busy: too many bytes of spans in flight", done);
    return;
  }
  batch->HoldCharge(std::make_unique<SharedCharge>(std::move(share)));

  auto submission = std::make_unique<Submission>();
  submission->tallies = shared_->counters().TallySaved(*batch);
  submission->done = std::move(done);
  submission->spans = spans;
  submission->rejected = rejected;
  submission->wire_bytes = batch->payload().size();
  submission->batch = std::move(batch);
  submission->since = SteadyClock::now();
  if (shared_->Push(submission)) {
    return;
  }
  if (shared_->stopping()) {
    Refuse(*submission->batch, rejected, RefuseReason::kShutdown, "shutting down",
           submission->done);
  } else {
    hits_.Add(Limit::kQueue);
    Refuse(*submission->batch, rejected, RefuseReason::kQueueFull,
           "server busy: collector.queue-size spans wait for the store", submission->done);
  }
}

void Pipeline::ResizeQueue() { shared_->queue().Resize(queue_sizer_.Recommend(queue_capacity())); }

void Pipeline::RunWriter() {
  while (const auto slot = shared_->TakeSlot()) {
    std::unique_ptr<SpanBatch> batch = shared_->TakeBatch(*slot);
    if (batch == nullptr) {
      return;
    }
    RequestContext context;
    context.deadline = SteadyClock::now() + kWriteTimeout;
    writer_.Write(context, std::move(batch), std::nullopt,
                  [shared = shared_, slot = *slot](const WriteResult& result) {
                    shared->Finish(slot, result);
                  });
  }
}

void Pipeline::Stop(SteadyClock::time_point deadline) {
  shared_->Drain(deadline);
  shared_->GiveUp();
  writers_.clear();
}

}  // namespace pugmark
