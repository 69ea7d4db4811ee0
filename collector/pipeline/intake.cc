#include "collector/pipeline/intake.h"

#include <utility>

#include "common/base/time.h"
#include "common/log/log.h"

namespace pugmark {

Intake::Intake(std::string_view receiver, InboundTransport transport, Pipeline& pipeline,
               ByteBudget& budget, Metrics& metrics, const BatchLimits& limits)
    : receiver_(receiver),
      transport_(transport),
      pipeline_(pipeline),
      budget_(budget),
      limits_(limits) {
  for (std::size_t i = 0; i < kIngestOutcomes; ++i) {
    const std::string outcome(IngestOutcomeName(static_cast<IngestOutcome>(i)));
    requests_[i] = &metrics.AddCounter("pugmark_collector_requests_total",
                                       "requests with spans by what became of them",
                                       {{"receiver", receiver_}, {"outcome", outcome}});
  }
  for (std::size_t i = 1; i < kDecodeErrors; ++i) {
    const std::string reason(DecodeErrorName(static_cast<DecodeError>(i)));
    decode_errors_[i] = &metrics.AddCounter("pugmark_collector_decode_errors_total",
                                            "requests that could not be decoded",
                                            {{"receiver", receiver_}, {"reason", reason}});
  }
}

IngestResult Intake::NotAdmitted() {
  return {
      .outcome = IngestOutcome::kBusy,
      .error = {ErrorCode::kResourceExhausted, "server busy: too many bytes of spans in flight"},
      .rejected = 0,
      .retry_after = std::chrono::seconds(1)};
}

std::shared_ptr<BudgetShare> Intake::Admit(std::size_t bytes) {
  auto share = std::make_shared<BudgetShare>(budget_);
  return AdmitMore(*share, bytes) ? share : nullptr;
}

bool Intake::AdmitMore(BudgetShare& share, std::size_t bytes) {
  if (share.GrowTo(bytes)) {
    return true;
  }
  Count(IngestOutcome::kBusy);
  return false;
}

IngestResult Intake::Undecodable(DecodeStatus status) {
  decode_errors_[static_cast<std::size_t>(status.error)]->Increment();
  Error error = ToError(status);
  PUGMARK_LOG_THROTTLED(LogLevel::kWarn, "request could not be decoded", {"receiver", receiver_},
                        {"error", error.message});
  return {.outcome = error.code == ErrorCode::kResourceExhausted ? IngestOutcome::kTooLarge
                                                                 : IngestOutcome::kMalformed,
          .error = std::move(error)};
}

void Intake::Accept(std::string message, std::shared_ptr<BudgetShare> share, Decode decode,
                    IngestDone done) {
  auto batch = std::make_unique<SpanBatch>(std::move(message), limits_);
  batch->transport = transport_;
  batch->received_at = Clock::System().Now();
  if (const DecodeStatus status = decode(*batch); !status.ok()) {
    const IngestResult result = Undecodable(status);
    Count(result.outcome);
    done(result);
    return;
  }
  pipeline_.Submit(std::move(batch), std::move(share),
                   [this, done = std::move(done)](const IngestResult& result) {
                     Count(result.outcome);
                     done(result);
                   });
}

}  // namespace pugmark
