// The way of a message from a receiver into the pipeline: admission, decoding, and the counters of
// its protocol.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "collector/pipeline/budget_share.h"
#include "collector/pipeline/content_decoding.h"
#include "collector/pipeline/ingest_result.h"
#include "collector/pipeline/limit_hits.h"
#include "collector/pipeline/pipeline.h"
#include "common/metrics/metrics.h"
#include "common/model/span_batch.h"
#include "proto/codec/decode_status.h"

namespace pugmark {

struct IntakeLimits {
  BatchLimits batch;
  DecodingLimits content;
};

// One per receiver.
//
// Thread safety: all methods may be called concurrently. What it is given outlives it, and it
// outlives all requests.
class Intake {
 public:
  using Decode = DecodeStatus (*)(SpanBatch& batch);
  struct Message {
    std::string bytes;
    std::string content_encoding;  // "" for bytes as they are
    std::shared_ptr<BudgetShare> share;
  };

  // `receiver` is the label of its counters.
  Intake(std::string_view receiver, InboundTransport transport, Pipeline& pipeline,
         const std::shared_ptr<ByteBudget>& budget, LimitHits& hits, Metrics& metrics,
         const IntakeLimits& limits = {});

  // What a request of `bytes` holds of the byte budget; null, and counted, when it is exhausted.
  [[nodiscard]] std::shared_ptr<BudgetShare> Admit(std::size_t bytes);
  // The same for a request that turns out to be larger than it was.
  [[nodiscard]] bool AdmitMore(BudgetShare& share, std::size_t bytes);
  // The result of a request that was not admitted.
  static IngestResult NotAdmitted();

  // Decodes `message` on the calling thread and hands the batch on. `done` may run before Accept
  // returns.
  void Accept(Message message, Decode decode, IngestDone done);

 private:
  void Count(IngestOutcome outcome) { requests_[static_cast<std::size_t>(outcome)]->Increment(); }
  // Takes the compression off; the result of the request where that fails.
  std::optional<IngestResult> Decompress(Message& message);
  // The result of a request whose bytes are wrong.
  IngestResult Undecodable(Error error);
  void CountDecodeError(DecodeError error);

  const std::string receiver_;
  const InboundTransport transport_;
  Pipeline& pipeline_;
  const std::shared_ptr<ByteBudget> budget_;
  LimitHits& hits_;
  const IntakeLimits limits_;
  std::array<Metrics::Counter*, kIngestOutcomes> requests_{};
  std::array<Metrics::Counter*, kDecodeErrors> decode_errors_{};
  Metrics::Counter& content_errors_;
};

}  // namespace pugmark
