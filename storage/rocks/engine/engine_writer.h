// Takes batches, interns them into the newest head, and acknowledges them once their record is as
// durable as configured.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "storage/api/span_writer.h"
#include "storage/rocks/engine/sealer.h"
#include "storage/rocks/group_commit.h"
#include "storage/rocks/wal/record_writer.h"

namespace pugmark::engine {

// Threads: one that interns and appends to the log, in order, and GroupCommit's.
class EngineWriter : public SpanWriter {
 public:
  struct Counts {
    std::uint64_t batches = 0;
    std::uint64_t spans = 0;
    std::uint64_t record_bytes = 0;
    std::uint64_t refused_batches = 0;
    std::size_t queued_bytes = 0;
  };

  // All outlive it. `newest` is the head that was being filled, empty for a new one; its records
  // end before `next_record`.
  EngineWriter(Database& database, LiveStore& store, ServiceCatalog& catalog, Sealer& sealer,
               rocks::StoreState& state, SyncMode sync, HeadRun newest, std::uint64_t next_record,
               const Clock& clock, const EngineOptions& options);
  // Completes what waits.
  ~EngineWriter() override;

  void Write(const RequestContext& context, std::unique_ptr<SpanBatch> batch,
             std::optional<BatchId> id, WriteDone done) override;

  // Until everything taken is acknowledged; false when the deadline came first.
  bool WaitIdle(std::chrono::steady_clock::time_point deadline);
  // Hands the head being filled to the sealer, where it has enough rows. Nothing is written after.
  void SealAtEnd(std::uint32_t least_rows);
  [[nodiscard]] Counts counts() const;
  [[nodiscard]] rocks::GroupCommit::Counts commits() const { return commit_.counts(); }

 private:
  struct Item {
    std::string tenant;
    std::unique_ptr<SpanBatch> batch;
    std::size_t bytes = 0;
    std::size_t spans = 0;
    WriteDone done;
  };

  void Run();
  void Process(std::deque<Item>& items);
  // Appends the interned batches [first, last) of `items` to the log and publishes them.
  void Commit(std::deque<Item>& items, std::size_t first, std::size_t last);
  static void Tell(Item& item, WriteResult::Outcome outcome, const Status& status);
  // A new head, after the full one was handed to the sealer.
  void Rotate();
  [[nodiscard]] bool IsOld() const;

  Database& database_;
  LiveStore& store_;
  ServiceCatalog& catalog_;
  Sealer& sealer_;
  rocks::StoreState& state_;
  const SyncMode sync_;
  const Clock& clock_;
  const EngineOptions options_;

  // Of the writing thread.
  RecordWriter record_writer_;
  HeadRun run_;
  std::size_t listed_types_ = 0;
  UnixTime head_started_;
  std::uint64_t next_record_;
  std::vector<std::string> records_;  // of the batches being committed

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> queue_;
  std::size_t queued_bytes_ = 0;
  bool is_busy_ = false;
  bool stop_ = false;
  Counts counts_;

  rocks::GroupCommit commit_;
  std::jthread thread_;
};

}  // namespace pugmark::engine
