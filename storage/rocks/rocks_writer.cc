#include "storage/rocks/rocks_writer.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "storage/rocks/block_encoder.h"
#include "storage/rocks/block_index.h"
#include "storage/rocks/row_batch.h"

namespace pugmark::rocks {
namespace {

// A block is unpacked whole to get at one trace in it: these bound the waste. A single larger span
// gets a block of its own.
constexpr std::size_t kMaxBlockSpans = 512;
constexpr std::size_t kUsualBlockBytes = std::size_t{256} << 10;

constexpr std::chrono::milliseconds kRetryAfterTrouble{5000};
constexpr std::chrono::milliseconds kRetryAfterStall{500};

}  // namespace

// Buffers that stay with each thread that writes, unless a huge batch made them grow.
struct RocksWriter::Scratch {
  static constexpr std::size_t kMostBytesKept = std::size_t{4} << 20;

  BlockEncoder encoder;
  BlockIndex index;
  RowBatch rows;

  static Scratch& OfThread() {
    static thread_local std::unique_ptr<Scratch> scratch;
    if (scratch == nullptr || scratch->rows.bytes() > kMostBytesKept) {
      scratch = std::make_unique<Scratch>();
    }
    return *scratch;
  }
};

RocksWriter::RocksWriter(OwnerDatabase& database, Catalog& catalog, StoreState& state,
                         SyncMode mode, BlockId newest_block, Metrics& metrics, const Clock& clock)
    : database_(database),
      catalog_(catalog),
      state_(state),
      mode_(mode),
      clock_(clock),
      refused_(metrics.AddCounter("pugmark_rocksdb_refused_batches_total",
                                  "Batches that the store refused")),
      rejected_(metrics.AddCounter("pugmark_rocksdb_rejected_spans_total",
                                   "Spans that the store can never keep",
                                   {{"reason", "too_large"}})),
      syncs_(
          metrics.AddCounter("pugmark_rocksdb_syncs_total", "Times that the log was made durable")),
      last_block_(newest_block),
      commit_(
          [this] {
            syncs_.Increment();
            return database_.Sync();
          },
          [this](const Error& error) { state_.SetFatal(error.message); }) {}

RocksWriter::~RocksWriter() = default;

Status RocksWriter::Admit(const RequestContext& context) const {
  if (context.tenant.size() > kMaxTenantBytes) {
    return InvalidArgument("tenant: want at most " + std::to_string(kMaxTenantBytes) +
                           " bytes, got " + std::to_string(context.tenant.size()));
  }
  if (Status alive = context.Check(); !alive) {
    return alive;
  }
  return state_.MayWrite();
}

void RocksWriter::Write(const RequestContext& context, std::unique_ptr<SpanBatch> batch,
                        std::optional<BatchId> /*id*/, WriteDone done) {
  {
    const std::lock_guard lock(mutex_);
    ++writing_;
  }
  if (Status admitted = Admit(context); admitted) {
    WriteBatch(context, std::move(batch), std::move(done));
  } else {
    const std::size_t spans = batch->spans().size();
    batch.reset();
    Refuse(std::move(admitted.error()), spans, done);
  }
  const std::lock_guard lock(mutex_);
  if (--writing_ == 0) {
    idle_.notify_all();
  }
}

void RocksWriter::WriteBatch(const RequestContext& context, std::unique_ptr<SpanBatch> batch,
                             WriteDone done) {
  Scratch& scratch = Scratch::OfThread();
  scratch.rows.Clear();
  Catalog::Pending listed;
  const std::size_t all = batch->spans().size();
  const std::size_t rejected = Encode(context.tenant, batch->spans(), scratch, listed);
  Status written;
  if (rejected != all) {
    written = database_.Write(scratch.rows, mode_ == SyncMode::kEvery);
  }
  // Nothing points into the batch any more; its bytes count until here.
  batch.reset();
  if (!written) {
    if (written.error().code == ErrorCode::kResourceExhausted) {
      Refuse(std::move(written.error()), all, done);
      return;
    }
    state_.SetFatal(written.error().message);
    WriteResult result;
    result.outcome = WriteResult::Outcome::kUnknown;  // the log may hold it all the same
    result.status = Unavailable(written.error().message);
    done(result);
    return;
  }
  catalog_.Confirm(context.tenant, listed);
  ++batches_;
  spans_ += all - rejected;
  bytes_ += scratch.rows.bytes();
  if (mode_ == SyncMode::kGroup && rejected != all) {
    commit_.Add(all - rejected, rejected, std::move(done));
    return;
  }
  WriteResult result;
  result.stored = all - rejected;
  result.rejected = rejected;
  done(result);
}

void RocksWriter::Refuse(Error why, std::size_t spans, const WriteDone& done) {
  refused_.Increment();
  ++refusals_;
  WriteResult result;
  result.outcome = WriteResult::Outcome::kRefused;
  if (why.code == ErrorCode::kUnavailable) {
    result.retry_after = kRetryAfterTrouble;
  } else if (why.code == ErrorCode::kResourceExhausted) {
    result.retry_after = kRetryAfterStall;
  } else if (why.code == ErrorCode::kInvalidArgument) {
    result.rejected = spans;
  }
  result.status = std::move(why);
  done(result);
}

std::size_t RocksWriter::Encode(const std::string& tenant, std::span<const Span> spans,
                                Scratch& scratch, Catalog::Pending& listed) {
  std::size_t rejected = 0;
  scratch.encoder.Start();
  scratch.index.Start();
  for (const Span& span : spans) {
    if (!scratch.encoder.Add(span)) {
      PUGMARK_LOG_THROTTLED(LogLevel::kWarn, "span too large to store",
                            {"trace", span.trace_id.ToText()});
      rejected_.Increment();
      ++rejected;
      continue;
    }
    scratch.index.Add(span);
    if (scratch.encoder.span_count() == kMaxBlockSpans ||
        scratch.encoder.body_bytes() >= kUsualBlockBytes) {
      PutBlock(tenant, scratch, listed);
    }
  }
  if (scratch.encoder.span_count() != 0) {
    PutBlock(tenant, scratch, listed);
  }
  return rejected;
}

void RocksWriter::PutBlock(const std::string& tenant, Scratch& scratch, Catalog::Pending& listed) {
  const BlockId block = NextBlock();
  scratch.rows.Put(BlockKey(tenant, block), scratch.encoder.Finish());
  scratch.index.PutRows(tenant, block, scratch.rows);
  catalog_.PutRows(tenant, scratch.index.entries(), block, scratch.rows, listed);
  scratch.encoder.Start();
  scratch.index.Start();
}

BlockId RocksWriter::NextBlock() {
  const BlockId now = FirstBlockIdAt(clock_.Now());
  BlockId last = last_block_.load();
  while (!last_block_.compare_exchange_weak(last, std::max(now, last + 1))) {
  }
  return std::max(now, last + 1);
}

bool RocksWriter::WaitIdle(std::chrono::steady_clock::time_point deadline) {
  {
    std::unique_lock lock(mutex_);
    if (!idle_.wait_until(lock, deadline, [this] { return writing_ == 0; })) {
      return false;
    }
  }
  return commit_.WaitIdle(deadline);
}

RocksWriter::Counts RocksWriter::counts() const {
  return {batches_.load(), spans_.load(), bytes_.load(), refusals_.load()};
}

}  // namespace pugmark::rocks
