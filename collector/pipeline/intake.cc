#include "collector/pipeline/intake.h"

#include <utility>

#include "common/base/time.h"
#include "common/log/log.h"

namespace pugmark {
namespace {

Metrics::Counter& AddDecodeErrors(Metrics& metrics, const std::string& receiver,
                                  std::string_view reason) {
  return metrics.AddCounter("pugmark_collector_decode_errors_total",
                            "requests that could not be decoded",
                            {{"receiver", receiver}, {"reason", std::string(reason)}});
}

}  // namespace

Intake::Intake(std::string_view receiver, InboundTransport transport, Pipeline& pipeline,
               const std::shared_ptr<ByteBudget>& budget, LimitHits& hits, Metrics& metrics,
               const IntakeLimits& limits)
    : receiver_(receiver),
      transport_(transport),
      pipeline_(pipeline),
      budget_(budget),
      hits_(hits),
      limits_(limits),
      content_errors_(AddDecodeErrors(metrics, receiver_, "content_encoding")) {
  for (std::size_t i = 0; i < kIngestOutcomes; ++i) {
    const std::string outcome(IngestOutcomeName(static_cast<IngestOutcome>(i)));
    requests_[i] = &metrics.AddCounter("pugmark_collector_requests_total",
                                       "requests with spans by what became of them",
                                       {{"receiver", receiver_}, {"outcome", outcome}});
  }
  for (std::size_t i = 1; i < kDecodeErrors; ++i) {
    decode_errors_[i] =
        &AddDecodeErrors(metrics, receiver_, DecodeErrorName(static_cast<DecodeError>(i)));
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
  hits_.Add(Limit::kBytesInFlight);
  Count(IngestOutcome::kBusy);
  return false;
}

IngestResult Intake::Undecodable(Error error) {
  PUGMARK_LOG_THROTTLED(LogLevel::kWarn, "request could not be decoded", {"receiver", receiver_},
                        {"error", error.message});
  IngestResult result;
  result.outcome = error.code == ErrorCode::kResourceExhausted ? IngestOutcome::kTooLarge
                                                               : IngestOutcome::kMalformed;
  result.error = std::move(error);
  return result;
}

void Intake::CountDecodeError(DecodeError error) {
  decode_errors_[static_cast<std::size_t>(error)]->Increment();
  if (error == DecodeError::kTooManySpans) {
    hits_.Add(Limit::kRequestSpans);
  } else if (error == DecodeError::kTooLarge) {
    hits_.Add(Limit::kRequestMemory);
  }
}

std::optional<IngestResult> Intake::Decompress(Message& message) {
  auto decoded = DecodeContent(message.content_encoding, message.bytes, limits_.content);
  if (!decoded.ok()) {
    content_errors_.Increment();
    if (decoded.error().code == ErrorCode::kResourceExhausted) {
      hits_.Add(Limit::kDecodedBody);
    }
    return Undecodable(std::move(decoded).error());
  }
  message.bytes = *std::move(decoded);
  if (message.share->GrowTo(message.bytes.capacity())) {
    return std::nullopt;
  }
  hits_.Add(Limit::kBytesInFlight);
  return NotAdmitted();
}

void Intake::Accept(Message message, Decode decode, IngestDone done) {
  if (!IsIdentity(message.content_encoding)) {
    if (const auto refused = Decompress(message)) {
      Count(refused->outcome);
      done(*refused);
      return;
    }
  }
  auto batch = std::make_unique<SpanBatch>(std::move(message.bytes), limits_.batch);
  batch->transport = transport_;
  batch->received_at = Clock::System().Now();
  if (const DecodeStatus status = decode(*batch); !status.ok()) {
    CountDecodeError(status.error);
    const IngestResult result = Undecodable(ToError(status));
    Count(result.outcome);
    done(result);
    return;
  }
  if (batch->cut_values > 0) {
    hits_.Add(Limit::kValueBytes, batch->cut_values);
  }
  pipeline_.Submit(std::move(batch), std::move(message.share),
                   [this, done = std::move(done)](const IngestResult& result) {
                     Count(result.outcome);
                     done(result);
                   });
}

}  // namespace pugmark
