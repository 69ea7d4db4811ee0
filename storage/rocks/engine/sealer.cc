#include "storage/rocks/engine/sealer.h"

#include <algorithm>

#include "common/log/log.h"

namespace pugmark::engine {
namespace {

constexpr double kEarlyRetentionShare = 0.15;  // of the disk free: the oldest segments go
constexpr double kLeastFreeShare = 0.10;       // writes are refused

std::int64_t Nanos(UnixTime time) { return time.time_since_epoch().count(); }

}  // namespace

Sealer::Sealer(Database& database, LiveStore& store, ServiceCatalog& catalog,
               rocks::StoreState& state, std::string directory, Nanoseconds ttl,
               std::uint64_t newest_segment, const rocks::RocksEnvironment& environment,
               const EngineOptions& options)
    : database_(database),
      store_(store),
      catalog_(catalog),
      state_(state),
      directory_(std::move(directory)),
      ttl_(ttl),
      environment_(environment),
      options_(options),
      newest_segment_(newest_segment),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Sealer::~Sealer() {
  thread_.request_stop();
  changed_.notify_all();
  thread_.join();
  DeleteUnread();
}

bool Sealer::Submit(HeadRun run) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return has_failed_ || waiting_.size() + (is_busy_ ? 1 : 0) < 2; });
  if (has_failed_) {
    return false;
  }
  waiting_.push_back(std::move(run));
  changed_.notify_all();
  return true;
}

bool Sealer::WaitIdle(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline,
                             [this] { return has_failed_ || (waiting_.empty() && !is_busy_); });
}

Sealer::Counts Sealer::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void Sealer::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!waiting_.empty() && !has_failed_) {
      const HeadRun run = std::move(waiting_.front());
      waiting_.pop_front();
      is_busy_ = true;
      lock.unlock();
      Status sealed = Seal(run);
      lock.lock();
      is_busy_ = false;
      if (!sealed) {
        // The head stays readable and its records stay in the log; a restart tries again.
        has_failed_ = true;
        state_.SetFatal(sealed.error().message);
      }
      changed_.notify_all();
      continue;
    }
    lock.unlock();
    Maintain();
    lock.lock();
    changed_.wait_for(lock, stop, environment_.maintenance_interval,
                      [this] { return !waiting_.empty() && !has_failed_; });
  }
}

void Sealer::After(SealStep step) const {
  if (options_.after_step) {
    options_.after_step(step);
  }
}

std::uint64_t Sealer::NextSegmentId() {
  const auto millis = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, Nanos(environment_.clock->Now()) / 1'000'000));
  newest_segment_ = std::max(newest_segment_ + 1, millis << 16);
  return newest_segment_;
}

Status Sealer::Seal(const HeadRun& run) {
  const SegmentImage image = BuildSegment(*run.head, options_.segment);
  After(SealStep::kBuilt);
  SegmentEntry entry;
  entry.id = NextSegmentId();
  entry.first_record = run.first_record;
  entry.last_record = run.last_record;
  entry.rows = image.header.rows;
  entry.min_start_ns = image.header.min_start_ns;
  entry.max_start_ns = image.header.max_start_ns;
  entry.sealed_at_ns = Nanos(environment_.clock->Now());
  entry.bytes = image.bytes();
  if (Status status = database_.IngestSegment(entry.id, image); !status) {
    return status;
  }
  After(SealStep::kIngested);
  Status committed =
      database_.CommitSegment(entry, ServiceCatalog::RowsOf(*run.head, entry.sealed_at_ns));
  if (!committed) {
    return committed;
  }
  After(SealStep::kCommitted);
  store_.ReplaceHead(run.head,
                     {std::make_shared<Segment>(entry.id, database_.ChunksOf(entry.id)), entry});
  After(SealStep::kReplaced);
  if (Status trimmed = database_.TrimLog(entry.last_record); !trimmed) {
    return trimmed;
  }
  After(SealStep::kTrimmed);
  const std::lock_guard lock(mutex_);
  ++counts_.segments;
  counts_.rows += entry.rows;
  counts_.bytes += entry.bytes;
  counts_.duplicates += image.duplicates;
  return {};
}

void Sealer::Maintain() {
  LookAtSpace();
  DropExpired(wants_space_);
  DeleteUnread();
  store_.TrimTables(options_.table_bytes);
}

void Sealer::LookAtSpace() {
  const double free_share = environment_.free_share(directory_);
  const bool is_low = free_share < kLeastFreeShare;
  if (is_low != state_.is_space_low()) {
    Log(is_low ? LogLevel::kError : LogLevel::kInfo,
        is_low ? "writes are refused, the disk is nearly full" : "writes are taken again",
        {{"directory", directory_}, {"free_share", free_share}});
  }
  state_.SetSpace(is_low);
  wants_space_ = free_share < kEarlyRetentionShare;
}

// By age, by bytes, and for want of space: always whole segments, those sealed first.
void Sealer::DropExpired(bool is_space_low) {
  const std::shared_ptr<const SegmentList> segments = store_.segments();
  std::vector<SegmentEntry> entries;
  std::uint64_t bytes = 0;
  for (const SegmentRef& segment : *segments) {
    entries.push_back(segment.entry);
    bytes += segment.entry.bytes;
  }
  std::sort(entries.begin(), entries.end(),
            [](const SegmentEntry& a, const SegmentEntry& b) { return a.id < b.id; });
  const std::int64_t now = Nanos(environment_.clock->Now());
  const std::int64_t oldest_kept = ttl_.count() == 0 ? std::numeric_limits<std::int64_t>::min()
                                                     : SaturatingAdd(now, -ttl_.count());
  std::vector<std::uint64_t> dropped;
  // For want of space one segment a round: what it frees shows at the next look.
  bool may_drop_for_space = is_space_low && retired_.empty();
  for (const SegmentEntry& entry : entries) {
    const bool is_expired = entry.sealed_at_ns < oldest_kept;
    const bool is_too_much = options_.max_bytes != 0 && bytes > options_.max_bytes;
    if (!is_expired && !is_too_much && !may_drop_for_space) {
      break;
    }
    may_drop_for_space = may_drop_for_space && (is_expired || is_too_much);
    if (Status status = database_.UnlistSegment(entry.id); !status) {
      state_.SetFatal(status.error().message);
      break;
    }
    bytes -= entry.bytes;
    dropped.push_back(entry.id);
  }
  if (!dropped.empty()) {
    SegmentList taken = store_.TakeOut(dropped);
    retired_.insert(retired_.end(), taken.begin(), taken.end());
    const std::lock_guard lock(mutex_);
    counts_.dropped_segments += dropped.size();
  }
  if (ttl_.count() != 0) {
    const std::vector<CatalogRow> gone = catalog_.Expire(oldest_kept);
    if (!gone.empty() && !database_.DropCatalogRows(gone)) {
      PUGMARK_LOG_THROTTLED(LogLevel::kWarn, "expired operations could not be dropped");
    }
  }
}

void Sealer::DeleteUnread() {
  for (std::size_t i = 0; i < retired_.size();) {
    // Nobody can get hold of it anew: it is in no list that a view could be made of.
    if (retired_[i].segment.use_count() > 1) {
      ++i;
      continue;
    }
    if (Status status = database_.DeleteSegment(retired_[i].entry.id); !status) {
      PUGMARK_LOG_THROTTLED(LogLevel::kWarn, "an expired segment could not be deleted",
                            {"error", status.error().message});
    }
    retired_.erase(retired_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace pugmark::engine
