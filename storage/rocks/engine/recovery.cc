#include "storage/rocks/engine/recovery.h"

#include <algorithm>

#include "common/log/log.h"
#include "storage/rocks/wal/record_replayer.h"

namespace pugmark::engine {

void HeadFollower::Take(std::uint64_t number, std::string_view record) {
  last_record_ = number;
  Result<RecordSummary> checked = CheckRecord(record);
  if (checked && checked->starts_head) {
    heads_.push_back({std::make_shared<Head>(), number, number});
    is_broken_ = false;
  }
  if (heads_.empty()) {
    is_broken_ = true;  // the head's first records are missing
  }
  const bool follows = checked && !heads_.empty() &&
                       (checked->starts_head || number == heads_.back().last_record + 1);
  Status replayed;
  if (!checked) {
    replayed = checked.error();
  } else if (is_broken_ || !follows) {
    replayed = Error{ErrorCode::kDataLoss, "log record: what it builds on is missing"};
  } else {
    HeadRun& run = heads_.back();
    const std::unique_lock appending(run.head->mutex());
    if (Result<RecordSummary> summary = ReplayRecord(record, *run.head); !summary) {
      replayed = summary.error();
    } else {
      run.head->Publish();
    }
  }
  if (!heads_.empty()) {
    // Damaged records belong to the run too: they go with it.
    heads_.back().last_record = number;
  }
  if (!replayed) {
    is_broken_ = true;
    ++damaged_records_;
    Log(LogLevel::kError, "a record of the store's log is left out",
        {{"record", number}, {"error", replayed.error().message}});
  }
}

void HeadFollower::DropThrough(std::uint64_t record) {
  const auto kept = std::find_if(heads_.begin(), heads_.end(),
                                 [record](const HeadRun& run) { return run.last_record > record; });
  heads_.erase(heads_.begin(), kept);
}

Result<Recovered> Recover(Database& database) {
  Recovered found;
  Result<std::vector<SegmentEntry>> listed = database.ListSegments();
  if (!listed) {
    return listed.error();
  }
  found.segments = std::move(*listed);
  const Result<std::uint64_t> sealed = database.SealedThrough();
  if (!sealed) {
    return sealed.error();
  }
  const std::uint64_t sealed_through = *sealed;
  for (const SegmentEntry& entry : found.segments) {
    found.newest_segment = std::max(found.newest_segment, entry.id);
  }
  const Result<std::vector<std::uint64_t>> with_chunks = database.SegmentsWithChunks();
  if (!with_chunks) {
    return with_chunks.error();
  }
  for (const std::uint64_t id : *with_chunks) {
    found.newest_segment = std::max(found.newest_segment, id);
    const bool is_listed = std::any_of(found.segments.begin(), found.segments.end(),
                                       [id](const SegmentEntry& entry) { return entry.id == id; });
    if (!is_listed) {
      Log(LogLevel::kInfo, "chunks of a segment that was never committed are deleted",
          {{"segment", id}});
      if (Status deleted = database.DeleteSegment(id); !deleted) {
        return deleted.error();
      }
    }
  }
  HeadFollower follower;
  Status read = database.ForEachRecord(
      sealed_through + 1, [&](std::uint64_t number, std::string_view record) -> Result<bool> {
        follower.Take(number, record);
        return true;
      });
  if (!read) {
    return read.error();
  }
  found.next_record = std::max(sealed_through, follower.last_record()) + 1;
  found.newest_is_usable = follower.newest_is_usable();
  found.damaged_records = follower.damaged_records();
  for (HeadRun& run : follower.heads()) {
    // A head of nothing but damage has nothing to seal; its records are dropped with the next.
    if (!run.head->rows.empty() && run.head->published_rows() != 0) {
      found.heads.push_back(std::move(run));
    }
  }
  return found;
}

}  // namespace pugmark::engine
