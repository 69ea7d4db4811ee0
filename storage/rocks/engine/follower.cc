#include "storage/rocks/engine/follower.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "common/log/log.h"

namespace pugmark::engine {
namespace {

namespace fs = std::filesystem;

// How long a query waits for the owner's latest.
constexpr std::chrono::milliseconds kLongestWait{2'000};

}  // namespace

Result<std::unique_ptr<Follower>> Follower::Open(const std::string& directory,
                                                 const EngineOptions& options) {
  std::error_code error;
  if (!fs::exists(fs::path(directory) / "CURRENT", error)) {
    return Unavailable(directory + ": no store there yet");
  }
  std::string folder = (fs::temp_directory_path(error) / "pugmark-reader-XXXXXX").string();
  if (error || mkdtemp(folder.data()) == nullptr) {
    return Unavailable("make the temporary folder " + folder);
  }
  Database::Options database_options;
  database_options.directory = directory;
  database_options.cache_bytes = options.cache_bytes;
  Result<std::unique_ptr<Database>> database = Database::OpenSecondary(database_options, folder);
  if (!database) {
    fs::remove_all(folder, error);
    return database.error();
  }
  std::unique_ptr<Follower> follower(new Follower(folder, std::move(*database), options));
  if (Status first = follower->CatchUp(); !first) {
    return std::move(first.error()).Wrap(directory);
  }
  follower->thread_ =
      std::jthread([raw = follower.get()](const std::stop_token& stop) { raw->Run(stop); });
  return follower;
}

Follower::Follower(std::string folder, std::unique_ptr<Database> database,
                   const EngineOptions& options)
    : folder_(std::move(folder)), options_(options), database_(std::move(database)) {}

Follower::~Follower() {
  thread_.request_stop();
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Follower::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const std::uint64_t asked = asked_;
    lock.unlock();
    Status status = CatchUp();
    if (!status) {
      PUGMARK_LOG_THROTTLED(LogLevel::kWarn, "the store's owner cannot be followed",
                            {"error", status.error().message});
    }
    health_.With([&](Status& health) { health = std::move(status); });
    lock.lock();
    answered_ = asked;
    changed_.notify_all();
    changed_.wait_for(lock, stop, options_.follow_interval, [&] { return asked_ != answered_; });
  }
}

Result<StoreView> Follower::Pin() {
  std::unique_lock lock(mutex_);
  // One that is under way may have begun before this call: the one after it counts.
  const std::uint64_t wanted = ++asked_;
  changed_.notify_all();
  changed_.wait_for(lock, kLongestWait, [&] { return answered_ >= wanted; });
  lock.unlock();
  return store_.Pin();
}

Status Follower::Health() const {
  return health_.With([](const Status& health) { return health; });
}

Follower::Counts Follower::counts() const {
  return {catch_ups_.load(), views_.load(), delayed_.load(), damaged_.load()};
}

Status Follower::CatchUp() {
  if (Status status = database_->CatchUp(); !status) {
    return status;
  }
  catch_ups_.fetch_add(1);
  const Result<bool> advanced = Advance();
  if (!advanced) {
    return advanced.error();
  }
  (*advanced ? views_ : delayed_).fetch_add(1);
  return {};
}

Result<bool> Follower::Advance() {
  const Result<std::uint64_t> sealed = database_->SealedThrough();
  if (!sealed) {
    return sealed.error();
  }
  const Result<std::vector<SegmentEntry>> entries = database_->ListSegments();
  if (!entries) {
    return entries.error();
  }
  SegmentList segments;
  Result<bool> readable = TakeSegments(*entries, segments);
  if (!readable || !*readable) {
    return readable;
  }
  // Records that a segment has replaced may be gone: what was replayed of them is in the segment.
  bool has_gap = false;
  const std::uint64_t first = std::max(heads_.last_record(), *sealed) + 1;
  std::uint64_t expected = first;
  Status read = database_->ForEachRecord(
      first, [&](std::uint64_t number, std::string_view record) -> Result<bool> {
        if (number != expected) {
          has_gap = true;  // a later commit has hidden some: the next look shows that commit
          return false;
        }
        heads_.Take(number, record);
        ++expected;
        return true;
      });
  if (!read) {
    return read.error();
  }
  if (has_gap && expected == first) {
    return false;
  }
  heads_.DropThrough(*sealed);
  sealed_through_ = *sealed;
  damaged_.store(heads_.damaged_records());
  std::vector<std::shared_ptr<const Head>> heads;
  for (const HeadRun& run : heads_.heads()) {
    heads.push_back(run.head);
    if (run.head.get() != listed_head_) {
      listed_head_ = run.head.get();
      listed_types_ = 0;
    }
    catalog_.Add(*run.head, listed_types_, run.head->max_start_ns);
    listed_types_ = run.head->schema().types.size();
  }
  store_.Replace(std::move(heads), std::move(segments));
  store_.TrimTables(options_.table_bytes);
  return true;
}

Result<bool> Follower::TakeSegments(const std::vector<SegmentEntry>& entries,
                                    SegmentList& segments) {
  std::map<std::uint64_t, SegmentRef> open;
  bool has_new = false;
  for (const SegmentEntry& entry : entries) {
    const auto known = open_.find(entry.id);
    if (known != open_.end()) {
      open.insert(*known);
      continue;
    }
    SegmentRef ref{std::make_shared<Segment>(entry.id, database_->ChunksOf(entry.id)), entry};
    // The commit may be visible before the file is.
    if (!ref.segment->Tables()) {
      return false;
    }
    open.emplace(entry.id, std::move(ref));
    has_new = true;
  }
  if (has_new) {
    const Result<std::vector<CatalogRow>> listed = database_->ListCatalog();
    if (!listed) {
      return listed.error();
    }
    catalog_.Load(*listed);
  }
  open_ = std::move(open);
  for (const auto& [id, ref] : open_) {
    segments.push_back(ref);
  }
  return true;
}

}  // namespace pugmark::engine
