#include "collector/pipeline/intake.h"

#include <catch2/catch.hpp>

#include "collector_support.h"

namespace pugmark {
namespace {

// Decoders that do as the message says.
DecodeStatus DecodeTestMessage(SpanBatch& batch) {
  if (batch.payload() == "bad") {
    return {DecodeError::kTruncated, 3};
  }
  if (batch.payload() == "huge") {
    return {DecodeError::kTooManySpans, 0};
  }
  Span* const span = batch.arena().Allocate<Span>(1);
  Resource* const resource = batch.arena().Allocate<Resource>(1);
  *resource = Resource();
  resource->service_name = batch.payload();
  resource->has_service_name = true;
  *span = Span();
  span->trace_id = {0, 1};
  span->resource = resource;
  batch.SetContents({span, 1}, {resource, 1});
  batch.format = SourceFormat::kProto;
  return {};
}

class Rig {
 public:
  explicit Rig(std::size_t budget_bytes = std::size_t{1} << 20)
      : budget(std::make_shared<ByteBudget>(budget_bytes)),
        hits(metrics),
        pipeline({}, writer, std::make_shared<PipelineMetrics>(metrics, "testhost"),
                 std::make_shared<SpanCounters>(metrics), hits),
        intake("grpc", InboundTransport::kGrpc, pipeline, budget, hits, metrics) {}

  IngestResult Accept(std::string message, std::string content_encoding = "") {
    const std::size_t before = answers.size();
    auto share = intake.Admit(message.size());
    REQUIRE(share != nullptr);
    intake.Accept({std::move(message), std::move(content_encoding), std::move(share)},
                  &DecodeTestMessage, answers.Taker());
    return answers.Wait(before + 1).back();
  }
  double Requests(std::string_view outcome) {
    return MetricValue(metrics, "pugmark_collector_requests_total",
                       {R"(receiver="grpc")", outcome});
  }

  Metrics metrics;
  FakeWriter writer;
  Answers answers;
  std::shared_ptr<ByteBudget> budget;
  LimitHits hits;
  Pipeline pipeline;
  Intake intake;
};

TEST_CASE("intake: messages are decoded, stored and counted", "[collector]") {
  Rig rig;
  rig.writer.answer = Committed;
  CHECK(rig.Accept("shop").outcome == IngestOutcome::kStored);
  CHECK(rig.Requests(R"(outcome="stored")") == 1);
  CHECK(MetricValue(rig.metrics, "jaeger_collector_spans_received_total",
                    {R"(transport="grpc")", R"(format="proto")", R"(svc="shop")"}) == 1);
}

TEST_CASE("intake: what cannot be decoded is counted with the reason", "[collector]") {
  Rig rig;
  const IngestResult bad = rig.Accept("bad");
  CHECK(bad.outcome == IngestOutcome::kMalformed);
  CHECK(bad.error.message == "truncated at byte 3");
  const IngestResult huge = rig.Accept("huge");
  CHECK(huge.outcome == IngestOutcome::kTooLarge);
  CHECK(rig.Requests(R"(outcome="malformed")") == 1);
  CHECK(rig.Requests(R"(outcome="too_large")") == 1);
  const auto errors = [&](std::string_view reason) {
    return MetricValue(rig.metrics, "pugmark_collector_decode_errors_total",
                       {R"(receiver="grpc")", reason});
  };
  CHECK(errors(R"(reason="truncated")") == 1);
  CHECK(errors(R"(reason="too_many_spans")") == 1);
  CHECK(rig.hits.Get(Limit::kRequestSpans) == 1);
  CHECK(rig.budget->used_bytes() == 0);
}

TEST_CASE("intake: compressed messages", "[collector]") {
  Rig rig;
  rig.writer.answer = Committed;
  const IngestResult unknown = rig.Accept("x", "br");
  CHECK(unknown.outcome == IngestOutcome::kMalformed);
  CHECK(unknown.error.message == "unsupported Content-Encoding: br");
  CHECK(rig.Accept("x", "gzip").outcome == IngestOutcome::kMalformed);
  CHECK(MetricValue(rig.metrics, "pugmark_collector_decode_errors_total",
                    {R"(reason="content_encoding")"}) == 2);
  CHECK(rig.Accept("shop", "identity").outcome == IngestOutcome::kStored);
  CHECK(rig.budget->used_bytes() == 0);
}

TEST_CASE("intake: requests beyond the byte budget are not admitted", "[collector]") {
  Rig rig(1'000);
  const auto first = rig.intake.Admit(900);
  REQUIRE(first != nullptr);
  CHECK(rig.intake.Admit(101) == nullptr);
  CHECK_FALSE(rig.intake.AdmitMore(*first, 1'001));
  CHECK(rig.intake.AdmitMore(*first, 1'000));
  CHECK(rig.intake.AdmitMore(*first, 10));
  CHECK(rig.budget->used_bytes() == 1'000);
  CHECK(rig.Requests(R"(outcome="busy")") == 2);
  CHECK(rig.hits.Get(Limit::kBytesInFlight) == 2);
  CHECK(Intake::NotAdmitted().outcome == IngestOutcome::kBusy);
}

TEST_CASE("intake: a refused write is counted as what its sender is told", "[collector]") {
  Rig rig;
  rig.writer.answer = [](std::size_t) {
    return WriteResult{.outcome = WriteResult::Outcome::kRefused,
                       .status = Error{ErrorCode::kDataLoss, "corrupted"}};
  };
  CHECK(rig.Accept("shop").outcome == IngestOutcome::kFailed);
  CHECK(rig.Requests(R"(outcome="failed")") == 1);
}

}  // namespace
}  // namespace pugmark
