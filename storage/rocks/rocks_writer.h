// Writes batches of spans into the store.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/base/time.h"
#include "common/metrics/metrics.h"
#include "storage/api/span_writer.h"
#include "storage/rocks/catalog.h"
#include "storage/rocks/group_commit.h"
#include "storage/rocks/owner_database.h"
#include "storage/rocks/rocks_config.h"
#include "storage/rocks/store_state.h"

namespace pugmark::rocks {

// Encodes on the calling thread and appends to the log there; a thread of its own syncs (group).
class RocksWriter : public SpanWriter {
 public:
  struct Counts {
    std::uint64_t batches = 0;
    std::uint64_t spans = 0;
    std::uint64_t bytes = 0;  // appended to the log
    std::uint64_t refused = 0;
  };

  // All outlive the writer. No block gets an id at or below `newest_block`.
  RocksWriter(OwnerDatabase& database, Catalog& catalog, StoreState& state, SyncMode mode,
              BlockId newest_block, Metrics& metrics, const Clock& clock);
  ~RocksWriter() override;

  void Write(const RequestContext& context, std::unique_ptr<SpanBatch> batch,
             std::optional<BatchId> id, WriteDone done) override;

  // Until every write that was begun is told its result; false when the deadline came first.
  bool WaitIdle(std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] Counts counts() const;
  [[nodiscard]] GroupCommit::Counts commits() const { return commit_.counts(); }

 private:
  struct Scratch;

  // What keeps a batch from being written at all.
  [[nodiscard]] Status Admit(const RequestContext& context) const;
  // Encodes the batch into scratch.rows. Returns how many of its spans can never be stored.
  std::size_t Encode(const std::string& tenant, std::span<const Span> spans, Scratch& scratch,
                     Catalog::Pending& listed);
  void PutBlock(const std::string& tenant, Scratch& scratch, Catalog::Pending& listed);
  [[nodiscard]] BlockId NextBlock();
  void Refuse(Error why, std::size_t spans, const WriteDone& done);
  void WriteBatch(const RequestContext& context, std::unique_ptr<SpanBatch> batch, WriteDone done);

  OwnerDatabase& database_;
  Catalog& catalog_;
  StoreState& state_;
  const SyncMode mode_;
  const Clock& clock_;
  Metrics::Counter& refused_;
  Metrics::Counter& rejected_;
  Metrics::Counter& syncs_;

  std::atomic<BlockId> last_block_;
  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> spans_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> refusals_{0};

  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t writing_ = 0;  // calls of Write that have not returned

  GroupCommit commit_;
};

}  // namespace pugmark::rocks
