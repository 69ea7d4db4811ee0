// Finds out, when a store is opened, what is in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/rocks/engine/database.h"
#include "storage/rocks/engine/sealer.h"

namespace pugmark::engine {

struct Recovered {
  std::vector<SegmentEntry> segments;
  std::vector<HeadRun> heads;    // oldest first, published
  bool newest_is_usable = true;  // whether the last head may be appended to
  std::uint64_t next_record = 1;
  std::uint64_t newest_segment = 0;
  std::uint64_t damaged_records = 0;  // left out; each was logged
};

// Lists the segments, deletes chunks that no segment of the list has (a crash between ingestion and
// commit; the log still holds their rows), and replays the log from where the segments end.
Result<Recovered> Recover(Database& database);

// Replays records one after another into heads, as they come in.
class HeadFollower {
 public:
  // Takes a record that follows the last one, or starts a head. Damage is logged and counted; the
  // records after it are left out until the next head starts.
  void Take(std::uint64_t number, std::string_view record);
  // Records up to this one are in segments: their heads go.
  void DropThrough(std::uint64_t record);

  [[nodiscard]] std::vector<HeadRun>& heads() { return heads_; }
  [[nodiscard]] bool newest_is_usable() const { return !is_broken_; }
  [[nodiscard]] std::uint64_t last_record() const { return last_record_; }
  [[nodiscard]] std::uint64_t damaged_records() const { return damaged_records_; }

 private:
  std::vector<HeadRun> heads_;
  std::uint64_t last_record_ = 0;
  bool is_broken_ = false;
  std::uint64_t damaged_records_ = 0;
};

}  // namespace pugmark::engine
