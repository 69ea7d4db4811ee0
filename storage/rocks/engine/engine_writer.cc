#include "storage/rocks/engine/engine_writer.h"

#include <algorithm>
#include <shared_mutex>
#include <utility>

namespace pugmark::engine {
namespace {

constexpr std::chrono::milliseconds kRetryAfter{100};
constexpr std::chrono::seconds kIdleLook{1};
// Records that are appended to the log in one step, at most.
constexpr std::size_t kMostCommitBytes = std::size_t{1} << 20;

}  // namespace

EngineWriter::EngineWriter(Database& database, LiveStore& store, ServiceCatalog& catalog,
                           Sealer& sealer, rocks::StoreState& state, SyncMode sync, HeadRun newest,
                           std::uint64_t next_record, const Clock& clock,
                           const EngineOptions& options)
    : database_(database),
      store_(store),
      catalog_(catalog),
      sealer_(sealer),
      state_(state),
      sync_(sync),
      clock_(clock),
      options_(options),
      record_writer_(options.head),
      run_(std::move(newest)),
      head_started_(clock.Now()),
      next_record_(next_record),
      commit_([&database] { return database.SyncLog(); },
              [&state](const Error& error) { state.SetFatal(error.message); }),
      thread_([this] { Run(); }) {}

EngineWriter::~EngineWriter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void EngineWriter::Write(const RequestContext& context, std::unique_ptr<SpanBatch> batch,
                         std::optional<BatchId> /*id*/, WriteDone done) {
  Item item{context.tenant, std::move(batch), 0, 0, std::move(done)};
  item.bytes = item.batch->bytes_held();
  item.spans = item.batch->spans().size();
  Status may = state_.MayWrite();
  if (may && item.spans != 0) {
    const std::lock_guard lock(mutex_);
    if (stop_) {
      may = Unavailable("the store is closing");
    } else if (!queue_.empty() && queued_bytes_ + item.bytes > options_.queue_bytes) {
      may = Error{ErrorCode::kResourceExhausted, "the store's queue is full"};
    } else {
      queued_bytes_ += item.bytes;
      queue_.push_back(std::move(item));
      changed_.notify_all();
      return;
    }
  }
  if (!may) {
    const std::lock_guard lock(mutex_);
    ++counts_.refused_batches;
  }
  Tell(item, may ? WriteResult::Outcome::kCommitted : WriteResult::Outcome::kRefused, may);
}

void EngineWriter::Tell(Item& item, WriteResult::Outcome outcome, const Status& status) {
  item.batch.reset();
  WriteResult result;
  result.outcome = outcome;
  result.status = status;
  result.stored = outcome == WriteResult::Outcome::kCommitted ? item.spans : 0;
  result.retry_after = status ? std::chrono::milliseconds(0) : kRetryAfter;
  std::exchange(item.done, nullptr)(result);
}

bool EngineWriter::WaitIdle(std::chrono::steady_clock::time_point deadline) {
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline, [this] { return queue_.empty() && !is_busy_; })) {
      return false;
    }
  }
  return commit_.WaitIdle(deadline);
}

EngineWriter::Counts EngineWriter::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.queued_bytes = queued_bytes_;
  return counts;
}

void EngineWriter::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, kIdleLook, [this] { return stop_ || !queue_.empty(); });
    if (queue_.empty() && stop_) {
      return;
    }
    std::deque<Item> items;
    items.swap(queue_);
    queued_bytes_ = 0;
    is_busy_ = true;
    lock.unlock();
    Process(items);
    if (IsOld()) {
      Rotate();
    }
    lock.lock();
    is_busy_ = false;
    changed_.notify_all();
  }
}

bool EngineWriter::IsOld() const {
  return run_.head != nullptr && !run_.head->rows.empty() &&
         clock_.Now() - head_started_ >= options_.seal_age;
}

void EngineWriter::Process(std::deque<Item>& items) {
  std::size_t first = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (run_.head == nullptr) {
      Rotate();
    }
    if (state_.is_fatal()) {
      for (std::size_t k = first; k < items.size(); ++k) {
        Tell(items[k], WriteResult::Outcome::kRefused, state_.MayWrite());
      }
      return;
    }
    bool is_full = false;
    {
      const std::unique_lock appending(run_.head->mutex());
      records_.emplace_back(
          record_writer_.Append(*run_.head, items[i].tenant, items[i].batch->spans()));
      is_full = run_.head->IsFull(options_.head);
    }
    items[i].batch.reset();
    bytes += records_.back().size();
    if (is_full || bytes >= kMostCommitBytes || i + 1 == items.size()) {
      Commit(items, first, i + 1);
      first = i + 1;
      bytes = 0;
      if (is_full) {
        Rotate();
      }
    }
  }
}

void EngineWriter::Commit(std::deque<Item>& items, std::size_t first, std::size_t last) {
  std::vector<Database::Record> records;
  std::size_t record_bytes = 0;
  std::size_t spans = 0;
  for (std::size_t i = first; i < last; ++i) {
    const std::string& record = records_[i - first];
    records.emplace_back(next_record_ + (i - first), record);
    record_bytes += record.size();
    spans += items[i].spans;
  }
  Status written =
      state_.is_fatal() ? state_.MayWrite() : database_.Append(records, sync_ == SyncMode::kEvery);
  records_.clear();
  if (!written) {
    // The head knows what the log does not: nothing more can follow in it. Its unpublished rows
    // stay invisible, and a restart replays what was written.
    state_.SetFatal(written.error().message);
    for (std::size_t i = first; i < last; ++i) {
      Tell(items[i], WriteResult::Outcome::kUnknown, written);
    }
    return;
  }
  if (run_.first_record == 0) {
    run_.first_record = next_record_;
  }
  next_record_ += last - first;
  run_.last_record = next_record_ - 1;
  run_.head->Publish();
  const std::size_t types = run_.head->schema().types.size();
  if (types > listed_types_) {
    const std::shared_lock reading(run_.head->mutex());
    catalog_.Add(*run_.head, listed_types_, clock_.Now().time_since_epoch().count());
    listed_types_ = types;
  }
  {
    const std::lock_guard lock(mutex_);
    counts_.batches += last - first;
    counts_.spans += spans;
    counts_.record_bytes += record_bytes;
  }
  for (std::size_t i = first; i < last; ++i) {
    if (sync_ == SyncMode::kGroup) {
      commit_.Add(items[i].spans, 0, std::move(items[i].done));
    } else {
      Tell(items[i], WriteResult::Outcome::kCommitted, {});
    }
  }
}

void EngineWriter::Rotate() {
  if (run_.head != nullptr) {
    record_writer_.Learn(*run_.head);
    if (!sealer_.Submit(std::exchange(run_, HeadRun()))) {
      return;  // the state says that it is fatal
    }
  }
  run_ = HeadRun{std::make_shared<Head>(), 0, 0};
  listed_types_ = 0;
  head_started_ = clock_.Now();
  store_.AddHead(run_.head);
}

void EngineWriter::SealAtEnd(std::uint32_t least_rows) {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
  if (run_.head != nullptr && run_.head->rows.size() >= std::max(least_rows, 1U) &&
      !state_.is_fatal()) {
    (void)sealer_.Submit(std::exchange(run_, HeadRun()));
  }
}

}  // namespace pugmark::engine
