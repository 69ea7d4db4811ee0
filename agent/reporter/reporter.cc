#include "agent/reporter/reporter.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>

#include "agent/json_object.h"
#include "agent/reporter/outgoing_message.h"
#include "agent/reporter/outgoing_queue.h"
#include "agent/reporter/reporter_metrics.h"
#include "common/log/log.h"
#include "proto/codec/api_v2_encoder.h"

namespace pugmark {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr char kPostSpans[] = "/jaeger.api_v2.CollectorService/PostSpans";
// To each collector. Small messages may be many, so that the time of a commit does not bound what
// gets through; together they fit into the queue of Jaeger's and our collector by and large.
constexpr std::size_t kMostCalls = 64;
constexpr std::size_t kMostSpansUnderWay = 4'096;
constexpr milliseconds kIdleCheck{1'000};       // of the connections
constexpr milliseconds kDisconnectedCheck{50};  // while messages wait for one
constexpr milliseconds kLongestBackoff{5'000};
constexpr milliseconds kConnectWaitAtStop{2'000};
// A collector that wants a tenant says so for each message; the operator has heard it once.
constexpr std::string_view kMissingTenant = "missing tenant header";

bool IsRetryable(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kResourceExhausted ||
         code == ErrorCode::kDeadlineExceeded || code == ErrorCode::kAborted ||
         code == ErrorCode::kCancelled;
}

void LogGivenUp(const OutgoingMessage& message, const Error& error) {
  if (error.code == ErrorCode::kPermissionDenied &&
      error.message.find(kMissingTenant) != std::string::npos) {
    Log(LogLevel::kDebug, "spans dropped",
        {{"spans", message.span_count()}, {"error", error.message}});
    return;
  }
  PUGMARK_LOG_THROTTLED(LogLevel::kError, "spans dropped: no collector took them",
                        {"spans", message.span_count()}, {"attempts", message.attempts},
                        {"code", ErrorCodeName(error.code)}, {"error", error.message});
}

}  // namespace

class Reporter::Impl {
 public:
  Impl(const ReporterConfig& config, std::size_t default_backlog_bytes, CollectorClient& client,
       Metrics& metrics)
      : config_(config),
        max_held_bytes_(config.max_backlog_bytes > 0 ? config.max_backlog_bytes
                                                     : default_backlog_bytes),
        client_(client),
        metrics_(metrics),
        connect_wait_(config.connect_wait),
        queue_(
            {kMostCalls * config.collectors.size(), kMostSpansUnderWay * config.collectors.size()}),
        random_(std::random_device()()),
        timer_([this](const std::stop_token& stop) { RunTimer(stop); }) {}

  void Report(const SpanBatch& batch) {
    const std::span<const Span> spans = batch.spans();
    if (spans.empty()) {
      return;
    }
    // Kept by the thread, so that encoding does not grow them anew for each batch.
    thread_local std::string process;
    thread_local std::string encoded;
    process.clear();
    encoded.clear();
    const Resource& resource = *spans.front().resource;
    AppendBatchProcess(process, resource);
    AppendBatchSpans(encoded, resource, spans);
    metrics_.spans_received.Increment(static_cast<double>(spans.size()));
    FormatMetrics(batch.format).batch_size.Set(static_cast<double>(spans.size()));
    switch (Hold(process, encoded, spans.size(), batch.format)) {
      case Held::kOpen:
        break;
      case Held::kFull:
        SendReady();
        break;
      case Held::kNoRoom:
        CountDrop(spans.size(), 1, batch.format, DropReason::kBacklogFull);
        PUGMARK_LOG_THROTTLED(LogLevel::kError, "spans dropped: too many wait for a collector",
                              {"maxBacklogBytes", max_held_bytes_});
        break;
      case Held::kStopping:
        CountDrop(spans.size(), 1, batch.format, DropReason::kShutdown);
        break;
    }
  }

  void Stop(SteadyClock::time_point deadline) {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      connect_wait_ = std::min(connect_wait_, kConnectWaitAtStop);
      while (open_.oldest()) {
        MakeReady(open_.TakeOldest());
      }
      queue_.GiveUpBy(SteadyClock::now() + connect_wait_);
    }
    SendReady();
    {
      std::unique_lock lock(mutex_);
      all_gone_.wait_until(lock, deadline, [this] { return IsEmpty(); });
      calls_cancelled_ = true;  // what fails from here on failed for the end of the process
    }
    timer_.request_stop();
    if (timer_.joinable()) {
      timer_.join();
    }
    client_.Stop();  // ends the calls under way; their messages come back as retries
    const std::lock_guard lock(mutex_);
    for (const MessagePtr& message : queue_.TakeAll()) {
      CountDrop(*message, DropReason::kShutdown);
    }
  }

  [[nodiscard]] std::string DebugJson() const {
    const std::lock_guard lock(mutex_);
    return JsonObject()
        .Number("heldBytes", held_bytes())
        .Number("maxBacklogBytes", max_held_bytes_)
        .Number("openMessages", open_.size())
        .Number("waitingMessages", queue_.waiting())
        .Number("calls", queue_.calls())
        .Number("maxCalls", queue_.limits().calls)
        .Number("spansUnderWay", queue_.spans_under_way())
        .Number("maxSpansUnderWay", queue_.limits().spans)
        .Close();
  }

 private:
  using MessagePtr = OutgoingQueue::MessagePtr;
  enum class Held { kOpen, kFull, kNoRoom, kStopping };

  ReporterMetrics::Format& FormatMetrics(SourceFormat format) {
    return format == SourceFormat::kZipkin ? metrics_.zipkin : metrics_.jaeger;
  }

  void CountDrop(std::size_t spans, std::size_t batches, SourceFormat format, DropReason reason) {
    metrics_.spans_dropped[static_cast<std::size_t>(reason)]->Increment(static_cast<double>(spans));
    ReporterMetrics::Format& counters = FormatMetrics(format);
    counters.spans_failures.Increment(static_cast<double>(spans));
    counters.batches_failures.Increment(static_cast<double>(batches));
  }
  void CountDrop(const OutgoingMessage& message, DropReason reason) {
    CountDrop(message.span_count(), message.batch_count(), message.format, reason);
  }

  void GiveUp(const OutgoingMessage& message, const Error& error) {
    CountDrop(message, DropReasonOf(error.code));
    LogGivenUp(message, error);
  }

  Held Hold(std::string_view process, std::string_view encoded, std::size_t count,
            SourceFormat format) {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      return Held::kStopping;
    }
    if (held_bytes() + process.size() + encoded.size() > max_held_bytes_) {
      return Held::kNoRoom;
    }
    const SteadyClock::time_point now = SteadyClock::now();
    if (MessagePtr full = open_.Add(process, encoded, count, format, now)) {
      MakeReady(std::move(full));
      return Held::kFull;
    }
    WakeTimerBy(now + config_.linger);
    return Held::kOpen;
  }

  // Starts calls for what is ready, as far as calls are free and a collector is connected.
  void SendReady() {
    while (MessagePtr message = TakeReady()) {
      Send(std::move(message));
    }
  }

  MessagePtr TakeReady() {
    const std::lock_guard lock(mutex_);
    const OutgoingMessage* const next = queue_.next();
    if (next == nullptr) {
      return nullptr;
    }
    const auto collector = client_.PickConnected(next->last_collector);
    if (!collector) {
      WakeTimerBy(SteadyClock::now() + kDisconnectedCheck);
      return nullptr;
    }
    return queue_.StartNext(*collector);
  }

  void Send(MessagePtr message) {
    metrics_.messages.Increment();
    if (message->attempts > 1) {
      metrics_.retries.Increment();
    }
    OutgoingMessage* const sent = message.release();  // the end of the call takes it back
    client_.Call(
        *sent->last_collector, kPostSpans, sent->pieces(), config_.call_timeout,
        [this, sent](const Result<std::string>& reply) { OnReply(MessagePtr(sent), reply); });
  }

  void OnReply(MessagePtr message, const Result<std::string>& reply) {
    if (reply) {
      ReporterMetrics::Format& counters = FormatMetrics(message->format);
      counters.spans_submitted.Increment(static_cast<double>(message->span_count()));
      counters.batches_submitted.Increment(static_cast<double>(message->batch_count()));
    }
    {
      const std::lock_guard lock(mutex_);
      if (!reply && (calls_cancelled_ ||
                     (IsRetryable(reply.error().code) && message->attempts < config_.attempts))) {
        const SteadyClock::time_point due = SteadyClock::now() + Backoff(message->attempts);
        queue_.Retry(std::move(message), due);
        WakeTimerBy(due);
      } else {
        queue_.End(*message);
        NotifyIfEmpty();
      }
    }
    if (!reply && message != nullptr) {
      GiveUp(*message, reply.error());
    }
    SendReady();
  }

  void RunTimer(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      const SteadyClock::time_point now = SteadyClock::now();
      while (open_.oldest() && *open_.oldest() + config_.linger <= now) {
        MakeReady(open_.TakeOldest());
      }
      queue_.AddDueRetries(now, now + connect_wait_);
      lock.unlock();
      client_.CheckConnections();
      GiveUpExpired();
      SendReady();
      lock.lock();
      timer_sleeps_until_ = NextDue();
      while (!stop.stop_requested() && SteadyClock::now() < timer_sleeps_until_) {
        const SteadyClock::time_point planned = timer_sleeps_until_;
        wake_timer_.wait_until(lock, stop, planned, [&] { return timer_sleeps_until_ < planned; });
      }
    }
  }

  // Messages that wait for a free call stay, however long: their collector works.
  void GiveUpExpired() {
    if (client_.PickConnected()) {
      return;
    }
    std::vector<MessagePtr> expired;
    {
      const std::lock_guard lock(mutex_);
      expired = queue_.TakeExpired(SteadyClock::now());
    }
    for (const MessagePtr& message : expired) {
      GiveUp(*message, Unavailable("no collector is connected: " + client_.target()));
    }
    const std::lock_guard lock(mutex_);
    NotifyIfEmpty();
  }

  // The rest is called with mutex_ held.

  void MakeReady(MessagePtr message) {
    queue_.Add(std::move(message), SteadyClock::now() + connect_wait_);
  }

  void WakeTimerBy(SteadyClock::time_point when) {
    if (when < timer_sleeps_until_) {
      timer_sleeps_until_ = when;
      wake_timer_.notify_one();
    }
  }

  // When the timer has something to do next.
  [[nodiscard]] SteadyClock::time_point NextDue() const {
    const bool waits = queue_.next() != nullptr;
    SteadyClock::time_point next = SteadyClock::now() + (waits ? kDisconnectedCheck : kIdleCheck);
    if (const auto oldest = open_.oldest()) {
      next = std::min(next, *oldest + config_.linger);
    }
    return std::min(next, queue_.next_retry().value_or(next));
  }

  // Doubled for each attempt, and half of it random, so that many agents do not return together.
  milliseconds Backoff(int attempts) {
    const milliseconds whole =
        std::min(kLongestBackoff, config_.first_backoff * (1 << std::min(attempts - 1, 10)));
    std::uniform_int_distribution<milliseconds::rep> jitter(0, whole.count() / 2);
    return whole - milliseconds(jitter(random_));
  }

  [[nodiscard]] std::size_t held_bytes() const { return open_.held_bytes() + queue_.held_bytes(); }
  [[nodiscard]] bool IsEmpty() const { return open_.size() == 0 && queue_.is_empty(); }
  void NotifyIfEmpty() {
    if (IsEmpty()) {
      all_gone_.notify_all();
    }
  }

  const ReporterConfig config_;
  const std::size_t max_held_bytes_;
  CollectorClient& client_;
  ReporterMetrics metrics_;

  mutable std::mutex mutex_;
  std::condition_variable_any wake_timer_;
  std::condition_variable all_gone_;
  milliseconds connect_wait_;
  OpenMessages open_;
  OutgoingQueue queue_;
  bool stopping_ = false;
  bool calls_cancelled_ = false;
  SteadyClock::time_point timer_sleeps_until_{};
  std::minstd_rand random_;
  std::jthread timer_;  // closes messages that have lingered, starts retries, watches connections
};

Reporter::Reporter(const ReporterConfig& config, std::size_t default_backlog_bytes,
                   CollectorClient& client, Metrics& metrics)
    : impl_(std::make_unique<Impl>(config, default_backlog_bytes, client, metrics)) {}
Reporter::~Reporter() { Stop(std::chrono::steady_clock::now()); }

void Reporter::Report(const SpanBatch& batch) { impl_->Report(batch); }
void Reporter::Stop(std::chrono::steady_clock::time_point deadline) { impl_->Stop(deadline); }
std::string Reporter::DebugJson() const { return impl_->DebugJson(); }

}  // namespace pugmark
