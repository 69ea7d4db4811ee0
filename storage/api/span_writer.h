// Persists spans.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/model/span_batch.h"
#include "storage/api/request_context.h"

namespace pugmark {

// Marks a redelivery of the same batch (agent spool), so that a replay after a lost acknowledgement
// is stored once.
struct BatchId {
  std::string sender;       // stable name of the sending process
  std::uint64_t epoch = 0;  // one more at each of its starts
  std::uint64_t sequence = 0;
};

struct WriteResult {
  enum class Outcome {
    kCommitted,  // survives what the configured durability promises
    kRefused,    // nothing was stored
    kUnknown,    // a time-out that may still have been stored
  };
  Outcome outcome = Outcome::kCommitted;
  Status status;  // why, where not committed. kResourceExhausted and kUnavailable: try again later
  std::size_t stored = 0;  // spans
  std::size_t rejected =
      0;  // spans that can never be stored, each counted by the backend with its reason
  std::chrono::milliseconds retry_after{0};  // 0: no advice
};

// Runs exactly once, on any thread, with no lock held, after the batch was freed. It must not block
// and never finishes a response inline: it posts to the strand of whoever waits.
using WriteDone = std::function<void(const WriteResult&)>;

// One instance is shared by all pipeline workers.
//
// Thread safety: Write may be called concurrently.
// Visibility: once `done` was told kCommitted, every reader of the owning process sees the spans.
// Duplicates: storing an exact span again adds nothing that any reader shows.
class SpanWriter {
 public:
  virtual ~SpanWriter() = default;

  // Stores every span of `batch`. A batch is atomic where Capabilities::atomic_batch says so.
  virtual void Write(const RequestContext& context, std::unique_ptr<SpanBatch> batch,
                     std::optional<BatchId> id, WriteDone done) = 0;
};

}  // namespace pugmark
