#include "agent/reporter/reporter.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "agent/json_object.h"
#include "agent/reporter/outgoing_message.h"
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

}  // namespace

class Reporter::Impl {
 public:
  Impl(const ReporterConfig& config, std::size_t default_backlog_bytes, CollectorClient& client,
       Metrics& metrics)
      : config_(config),
        max_held_bytes_(config.max_backlog_bytes > 0 ? config.max_backlog_bytes
                                                     : default_backlog_bytes),
        most_calls_(kMostCalls * config.collectors.size()),
        most_spans_under_way_(kMostSpansUnderWay * config.collectors.size()),
        client_(client),
        metrics_(metrics),
        connect_wait_(config.connect_wait),
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
      const SteadyClock::time_point give_up = SteadyClock::now() + connect_wait_;
      for (const MessagePtr& message : ready_) {
        message->give_up_at = std::min(message->give_up_at, give_up);
      }
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
    DropRest();
  }

  [[nodiscard]] std::string DebugJson() const {
    const std::lock_guard lock(mutex_);
    return JsonObject()
        .Number("heldBytes", open_.held_bytes() + closed_bytes_)
        .Number("maxBacklogBytes", max_held_bytes_)
        .Number("openMessages", open_.size())
        .Number("waitingMessages", ready_.size() + retries_.size())
        .Number("calls", calls_)
        .Number("maxCalls", most_calls_)
        .Number("spansUnderWay", spans_under_way_)
        .Number("maxSpansUnderWay", most_spans_under_way_)
        .Close();
  }

 private:
  using MessagePtr = std::unique_ptr<OutgoingMessage>;
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

  // Everything below that says "locked" is called with mutex_ held.

  Held Hold(std::string_view process, std::string_view encoded, std::size_t count,
            SourceFormat format) {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      return Held::kStopping;
    }
    const std::size_t more = process.size() + encoded.size();
    if (open_.held_bytes() + closed_bytes_ + more > max_held_bytes_) {
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

  // Locked.
  void MakeReady(MessagePtr message) {
    closed_bytes_ += message->held_bytes();
    message->give_up_at = SteadyClock::now() + connect_wait_;
    ready_.push_back(std::move(message));
  }

  // Locked.
  void WakeTimerBy(SteadyClock::time_point when) {
    if (when < timer_sleeps_until_) {
      timer_sleeps_until_ = when;
      wake_timer_.notify_one();
    }
  }

  // Locked.
  [[nodiscard]] bool IsEmpty() const {
    return open_.size() == 0 && ready_.empty() && retries_.empty() && calls_ == 0;
  }

  // Starts calls for what is ready, as far as calls are free and a collector is connected.
  void SendReady() {
    while (MessagePtr message = TakeReady()) {
      Send(std::move(message));
    }
  }

  MessagePtr TakeReady() {
    const std::lock_guard lock(mutex_);
    if (ready_.empty() || !IsCallFree(*ready_.front())) {
      return nullptr;
    }
    const auto collector = client_.PickConnected(ready_.front()->last_collector);
    if (!collector) {
      WakeTimerBy(SteadyClock::now() + kDisconnectedCheck);
      return nullptr;
    }
    MessagePtr message = std::move(ready_.front());
    ready_.pop_front();
    message->last_collector = collector;
    ++calls_;
    spans_under_way_ += message->span_count();
    return message;
  }

  // Locked. A message that alone is too large goes by itself.
  [[nodiscard]] bool IsCallFree(const OutgoingMessage& message) const {
    return calls_ == 0 || (calls_ < most_calls_ &&
                           spans_under_way_ + message.span_count() <= most_spans_under_way_);
  }

  void Send(MessagePtr message) {
    metrics_.messages.Increment();
    if (message->attempts++ > 0) {
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
    MessagePtr given_up;
    {
      const std::lock_guard lock(mutex_);
      --calls_;
      spans_under_way_ -= message->span_count();
      if (!reply && (calls_cancelled_ ||
                     (IsRetryable(reply.error().code) && message->attempts < config_.attempts))) {
        message->due = SteadyClock::now() + Backoff(message->attempts);
        WakeTimerBy(message->due);
        retries_.push_back(std::move(message));
      } else {
        closed_bytes_ -= message->held_bytes();
        if (!reply) {
          given_up = std::move(message);
        }
      }
      if (IsEmpty()) {
        all_gone_.notify_all();
      }
    }
    if (given_up) {
      GiveUp(*given_up, reply.error());
    }
    SendReady();
  }

  void GiveUp(const OutgoingMessage& message, const Error& error) {
    CountDrop(message, DropReasonOf(error.code));
    const bool known = error.code == ErrorCode::kPermissionDenied &&
                       error.message.find(kMissingTenant) != std::string::npos;
    if (known) {
      Log(LogLevel::kDebug, "spans dropped",
          {{"spans", message.span_count()}, {"error", error.message}});
      return;
    }
    PUGMARK_LOG_THROTTLED(LogLevel::kError, "spans dropped: no collector took them",
                          {"spans", message.span_count()}, {"attempts", message.attempts},
                          {"code", ErrorCodeName(error.code)}, {"error", error.message});
  }

  // Locked. Doubled for each attempt, and half of it random, so that many agents do not return
  // together.
  milliseconds Backoff(int attempts) {
    const milliseconds whole =
        std::min(kLongestBackoff, config_.first_backoff * (1 << std::min(attempts - 1, 10)));
    std::uniform_int_distribution<milliseconds::rep> jitter(0, whole.count() / 2);
    return whole - milliseconds(jitter(random_));
  }

  void RunTimer(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      const SteadyClock::time_point now = SteadyClock::now();
      CloseAged(now);
      TakeDueRetries(now);
      std::deque<MessagePtr> expired = TakeExpired(now);
      lock.unlock();
      client_.CheckConnections();
      SendReady();
      for (const MessagePtr& message : expired) {
        GiveUp(*message, Unavailable("no collector is connected: " + client_.target()));
      }
      expired.clear();
      lock.lock();
      timer_sleeps_until_ = NextDue();
      while (!stop.stop_requested() && SteadyClock::now() < timer_sleeps_until_) {
        const SteadyClock::time_point planned = timer_sleeps_until_;
        wake_timer_.wait_until(lock, stop, planned, [&] { return timer_sleeps_until_ < planned; });
      }
    }
  }

  // Locked.
  void CloseAged(SteadyClock::time_point now) {
    for (auto oldest = open_.oldest(); oldest && *oldest + config_.linger <= now;
         oldest = open_.oldest()) {
      MakeReady(open_.TakeOldest());
    }
  }

  // Locked.
  void TakeDueRetries(SteadyClock::time_point now) {
    for (std::size_t i = 0; i < retries_.size();) {
      if (retries_[i]->due > now) {
        ++i;
        continue;
      }
      retries_[i]->give_up_at = now + connect_wait_;
      ready_.push_back(std::move(retries_[i]));
      retries_[i] = std::move(retries_.back());
      retries_.pop_back();
    }
  }

  // Locked. Messages that have waited too long for a connection. Those that wait for a free call
  // stay: their collector works.
  std::deque<MessagePtr> TakeExpired(SteadyClock::time_point now) {
    std::deque<MessagePtr> expired;
    if (ready_.empty() || client_.PickConnected()) {
      return expired;
    }
    std::deque<MessagePtr> kept;
    for (MessagePtr& message : ready_) {
      if (message->give_up_at > now) {
        kept.push_back(std::move(message));
      } else {
        closed_bytes_ -= message->held_bytes();
        expired.push_back(std::move(message));
      }
    }
    ready_.swap(kept);
    if (IsEmpty()) {
      all_gone_.notify_all();
    }
    return expired;
  }

  // Locked.
  [[nodiscard]] SteadyClock::time_point NextDue() const {
    const SteadyClock::time_point now = SteadyClock::now();
    const bool waits = !ready_.empty() && IsCallFree(*ready_.front());
    SteadyClock::time_point next = now + (waits ? kDisconnectedCheck : kIdleCheck);
    if (const auto oldest = open_.oldest()) {
      next = std::min(next, *oldest + config_.linger);
    }
    for (const MessagePtr& message : retries_) {
      next = std::min(next, message->due);
    }
    return next;
  }

  void DropRest() {
    const std::lock_guard lock(mutex_);
    for (const MessagePtr& message : ready_) {
      CountDrop(*message, DropReason::kShutdown);
    }
    for (const MessagePtr& message : retries_) {
      CountDrop(*message, DropReason::kShutdown);
    }
    ready_.clear();
    retries_.clear();
    closed_bytes_ = 0;
  }

  const ReporterConfig config_;
  const std::size_t max_held_bytes_;
  const std::size_t most_calls_;
  const std::size_t most_spans_under_way_;
  CollectorClient& client_;
  ReporterMetrics metrics_;

  mutable std::mutex mutex_;
  std::condition_variable_any wake_timer_;
  std::condition_variable all_gone_;
  milliseconds connect_wait_;
  OpenMessages open_;
  std::deque<MessagePtr> ready_;
  std::vector<MessagePtr> retries_;
  std::size_t closed_bytes_ = 0;  // of ready_, retries_ and the messages under way
  std::size_t calls_ = 0;
  std::size_t spans_under_way_ = 0;
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
