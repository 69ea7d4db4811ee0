#include "collector/pipeline/pipeline.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "collector_support.h"

namespace pugmark {
namespace {

using namespace std::chrono_literals;

std::chrono::steady_clock::time_point In(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

// A pipeline over a writer that does as it is told.
class Rig {
 public:
  explicit Rig(PipelineOptions options = {}, std::size_t budget_bytes = std::size_t{64} << 20)
      : budget_(std::make_shared<ByteBudget>(budget_bytes)),
        hits_(metrics),
        pipeline_(std::move(options), writer,
                  std::make_shared<PipelineMetrics>(metrics, "testhost"),
                  std::make_shared<SpanCounters>(metrics), hits_) {}

  void Submit(std::unique_ptr<SpanBatch> batch) {
    pipeline_.Submit(std::move(batch), std::make_shared<BudgetShare>(budget_), answers.Taker());
  }
  [[nodiscard]] double Sum(std::string_view name,
                           std::initializer_list<std::string_view> labels = {}) {
    return MetricValue(metrics, name, labels);
  }
  [[nodiscard]] double received() { return Sum("jaeger_collector_spans_received_total"); }
  [[nodiscard]] double saved() {
    return Sum("jaeger_collector_spans_saved_by_svc_total", {R"(result="ok")"});
  }
  [[nodiscard]] double rejected() { return Sum("pugmark_collector_spans_rejected_total"); }
  [[nodiscard]] double refused() { return Sum("pugmark_collector_spans_refused_total"); }
  [[nodiscard]] double failed() { return Sum("pugmark_collector_spans_failed_total"); }

  // Nothing waits, and every span is counted where it ended.
  void CheckIdentity() {
    CHECK(received() == saved() + rejected() + refused() + failed());
    CHECK(saved() == static_cast<double>(writer.stored_spans()));
    CHECK(Sum("jaeger_collector_spans_dropped_total", {R"(host="testhost")"}) == refused());
  }

  Metrics metrics;
  FakeWriter writer;
  Answers answers;

 private:
  std::shared_ptr<ByteBudget> budget_;
  LimitHits hits_;
  Pipeline pipeline_;

 public:
  [[nodiscard]] Pipeline& pipeline() { return pipeline_; }
  [[nodiscard]] ByteBudget& budget() { return *budget_; }
};

TEST_CASE("pipeline: a batch is answered when its write has ended", "[collector][pipeline]") {
  Rig rig;
  rig.Submit(MakeBatch(10));
  REQUIRE(rig.writer.WaitForKept(1));
  CHECK(rig.answers.size() == 0);
  CHECK(rig.pipeline().writes_under_way() == 1);
  rig.writer.FinishOne(Committed(10));
  const auto results = rig.answers.Wait(1);
  CHECK(results[0].outcome == IngestOutcome::kStored);
  CHECK(rig.pipeline().writes_under_way() == 0);
  CHECK(rig.received() == 10);
  CHECK(rig.Sum("jaeger_collector_batch_size") == 10);
  CHECK(rig.Sum("jaeger_collector_save_latency_count") == 1);
  CHECK(rig.Sum("jaeger_collector_in_queue_latency_count") == 1);
  rig.CheckIdentity();
}

TEST_CASE("pipeline: an empty batch needs no writer", "[collector][pipeline]") {
  Rig rig;
  rig.Submit(MakeBatch(0));
  CHECK(rig.answers.Wait(1)[0].outcome == IngestOutcome::kStored);
  CHECK(rig.writer.most_kept() == 0);
}

TEST_CASE("pipeline: no more writes under way than num-workers", "[collector][pipeline]") {
  PipelineOptions options;
  options.num_workers = 3;
  Rig rig(std::move(options));
  for (int i = 0; i < 10; ++i) {
    rig.Submit(MakeBatch(1));
  }
  REQUIRE(rig.writer.WaitForKept(3));
  for (int i = 0; i < 10; ++i) {
    REQUIRE(rig.writer.WaitForKept(1));
    rig.writer.FinishOne(Committed(1));
  }
  rig.answers.Wait(10);
  CHECK(rig.writer.most_kept() <= 3);
  rig.CheckIdentity();
}

TEST_CASE("pipeline: a full queue refuses at once, retryably", "[collector][pipeline]") {
  PipelineOptions options;
  options.num_workers = 1;
  options.queue_size = 20;
  Rig rig(std::move(options));
  rig.Submit(MakeBatch(5));
  REQUIRE(rig.writer.WaitForKept(1));
  rig.Submit(MakeBatch(15));
  rig.Submit(MakeBatch(6));
  const auto results = rig.answers.Wait(1);
  CHECK(results[0].outcome == IngestOutcome::kBusy);
  CHECK(results[0].error.code == ErrorCode::kResourceExhausted);
  CHECK(results[0].retry_after > 0ms);
  CHECK(rig.pipeline().queue_length() == 15);
  CHECK(rig.Sum("pugmark_collector_spans_refused_total", {R"(reason="queue_full")"}) == 6);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(rig.writer.WaitForKept(1));
    rig.writer.FinishOne(Committed(0));
  }
  rig.answers.Wait(3);
  rig.CheckIdentity();
}

TEST_CASE("pipeline: a queue without room refuses everything", "[collector][pipeline]") {
  PipelineOptions options;
  options.queue_size = 0;
  Rig rig(std::move(options));
  rig.Submit(MakeBatch(1));
  CHECK(rig.answers.Wait(1)[0].outcome == IngestOutcome::kBusy);
  rig.CheckIdentity();
}

TEST_CASE("pipeline: what the byte budget does not hold is refused, and given back",
          "[collector][pipeline]") {
  Rig rig({}, std::size_t{100} << 10);
  rig.writer.answer = Committed;
  rig.Submit(MakeBatch(2'000));  // its arena alone is larger
  CHECK(rig.answers.Wait(1)[0].outcome == IngestOutcome::kBusy);
  CHECK(rig.Sum("pugmark_collector_spans_refused_total", {R"(reason="byte_budget")"}) == 2'000);
  CHECK(rig.budget().used_bytes() == 0);
  rig.Submit(MakeBatch(1));
  CHECK(rig.answers.Wait(2)[1].outcome == IngestOutcome::kStored);
  CHECK(rig.budget().used_bytes() == 0);
  rig.CheckIdentity();
}

TEST_CASE("pipeline: spans with a zero trace id are rejected, the others stored",
          "[collector][pipeline]") {
  Rig rig;
  rig.writer.answer = Committed;
  TestSpan good;
  TestSpan zero;
  zero.trace_id = {};
  rig.Submit(MakeBatch({good, zero, good}));
  const auto first = rig.answers.Wait(1)[0];
  CHECK(first.outcome == IngestOutcome::kStored);
  CHECK(first.rejected == 1);
  rig.Submit(MakeBatch({zero}));
  CHECK(rig.answers.Wait(2)[1].rejected == 1);
  CHECK(rig.Sum("pugmark_collector_spans_rejected_total", {R"(reason="zero_trace_id")"}) == 2);
  CHECK(rig.Sum("jaeger_collector_spans_rejected_total", {R"(svc="shop")", R"(format="jaeger")"}) ==
        2);
  CHECK(rig.Sum("jaeger_collector_traces_rejected_total") == 2);
  CHECK(rig.saved() == 2);
  rig.CheckIdentity();
}

TEST_CASE("pipeline: the filter decides which spans are kept", "[collector][pipeline]") {
  PipelineOptions options;
  options.keep = [](const Span& span) { return span.span_id != 2; };
  Rig rig(std::move(options));
  rig.writer.answer = Committed;
  rig.Submit(MakeBatch(3));
  CHECK(rig.answers.Wait(1)[0].rejected == 0);  // nothing is wrong with it
  CHECK(rig.Sum("pugmark_collector_spans_rejected_total", {R"(reason="filter")"}) == 1);
  CHECK(rig.Sum("jaeger_collector_spans_rejected_total") == 1);
  rig.CheckIdentity();
}

TEST_CASE("pipeline: spans that a decoder left out are received and rejected",
          "[collector][pipeline]") {
  Rig rig;
  rig.writer.answer = Committed;
  auto batch = MakeBatch(2);
  batch->rejected_spans = 3;
  rig.Submit(std::move(batch));
  CHECK(rig.answers.Wait(1)[0].rejected == 3);
  CHECK(rig.received() == 5);
  CHECK(rig.Sum("pugmark_collector_spans_rejected_total", {R"(reason="bad_id")"}) == 3);
  CHECK(rig.Sum("jaeger_collector_spans_rejected_total", {R"(svc="__unknown")"}) == 3);
  rig.CheckIdentity();
}

TEST_CASE("pipeline: downsampling keeps or drops whole traces", "[collector][pipeline]") {
  PipelineOptions options;
  options.downsampler = Downsampler(0.5, "");
  Rig rig(std::move(options));
  rig.writer.answer = Committed;
  constexpr std::size_t kTraces = 200;
  std::size_t kept = 0;
  for (std::uint64_t i = 1; i <= kTraces; ++i) {
    TestSpan span;
    span.trace_id = {0, i};
    rig.Submit(MakeBatch({span, span, span}));
    const auto result = rig.answers.Wait(i)[i - 1];
    CHECK(result.rejected == 0);
    kept += Downsampler(0.5, "").Keeps({0, i}) ? 1 : 0;
  }
  CHECK(rig.saved() == static_cast<double>(3 * kept));
  CHECK(rig.Sum("jaeger_downsampling_writer_spans_accepted_total") == rig.saved());
  CHECK(rig.Sum("jaeger_downsampling_writer_spans_dropped_total") ==
        static_cast<double>(3 * (kTraces - kept)));
  CHECK(rig.Sum("jaeger_collector_spans_rejected_total") == 0);
  rig.CheckIdentity();
}

TEST_CASE("pipeline: roots that are stored are shown", "[collector][pipeline]") {
  PipelineOptions options;
  std::atomic<int> roots{0};
  options.on_root = [&](const Span& span) {
    CHECK(span.resource->service_name == "empty-service-name");
    ++roots;
  };
  Rig rig(std::move(options));
  rig.writer.answer = Committed;
  TestSpan root;
  root.service = "";
  TestSpan child = root;
  child.parent_span_id = 1;
  TestSpan zero = root;
  zero.trace_id = {};
  rig.Submit(MakeBatch({root, child, zero}));
  rig.answers.Wait(1);
  CHECK(roots == 1);
}

TEST_CASE("pipeline: the queue is resized to hold a number of bytes", "[collector][pipeline]") {
  PipelineOptions options;
  options.queue_size = 10;
  options.queue_memory_bytes = 5'000;
  Rig rig(std::move(options));
  rig.writer.answer = Committed;
  rig.Submit(MakeBatch(9));  // 100 bytes each
  rig.answers.Wait(1);
  rig.pipeline().ResizeQueue();
  CHECK(rig.pipeline().queue_capacity() == 10);  // too few to know
  rig.Submit(MakeBatch(1));
  rig.answers.Wait(2);
  rig.pipeline().ResizeQueue();
  CHECK(rig.pipeline().queue_capacity() == 50);
}

TEST_CASE("pipeline: lists that were cut are limits that were met", "[collector][pipeline]") {
  Rig rig;
  rig.writer.answer = Committed;
  auto batch = MakeBatch(3);
  std::vector<Event> events(batch->limits().max_events);
  batch->spans()[0].events = events;
  batch->spans()[0].dropped_events = 1;
  batch->spans()[1].dropped_attributes = 7;  // by the client itself
  rig.Submit(std::move(batch));
  rig.answers.Wait(1);
  CHECK(rig.Sum("pugmark_collector_limit_hits_total", {R"(limit="span-events")"}) == 1);
  CHECK(rig.Sum("pugmark_collector_limit_hits_total") == 1);
}

TEST_CASE("pipeline: what the store says decides the answer", "[collector][pipeline]") {
  using Outcome = WriteResult::Outcome;
  struct Case {
    std::string name;
    WriteResult result;
    IngestOutcome outcome;
    double saved, refused, failed, rejected;
  };
  WriteResult partly = Committed(3);
  partly.rejected = 1;
  WriteResult busy{.outcome = Outcome::kRefused,
                   .status = Error{ErrorCode::kResourceExhausted, "write stall"}};
  busy.retry_after = 7s;
  const WriteResult broken{.outcome = Outcome::kRefused,
                           .status = Error{ErrorCode::kDataLoss, "corrupted"}};
  const WriteResult unknown{.outcome = Outcome::kUnknown, .status = Unavailable("timed out")};
  const WriteResult wordless{.outcome = Outcome::kRefused, .status = {}};
  const auto each =
      GENERATE_COPY(values<Case>({{"committed", Committed(4), IngestOutcome::kStored, 4, 0, 0, 0},
                                  {"partly", partly, IngestOutcome::kStored, 3, 0, 0, 1},
                                  {"busy", busy, IngestOutcome::kBusy, 0, 4, 0, 0},
                                  {"broken", broken, IngestOutcome::kFailed, 0, 0, 4, 0},
                                  {"unknown", unknown, IngestOutcome::kBusy, 0, 0, 4, 0},
                                  {"wordless", wordless, IngestOutcome::kBusy, 0, 4, 0, 0}}));
  CAPTURE(each.name);
  Rig rig;
  rig.writer.answer = [&](std::size_t) { return each.result; };
  rig.Submit(MakeBatch(4));
  const IngestResult result = rig.answers.Wait(1)[0];
  CHECK(result.outcome == each.outcome);
  CHECK(result.rejected == static_cast<std::size_t>(each.rejected));
  if (each.name == "busy") {
    CHECK(result.retry_after == 7s);
    CHECK(result.error.message == "write stall");
  }
  CHECK(rig.saved() == each.saved);
  CHECK(rig.refused() == each.refused);
  CHECK(rig.failed() == each.failed);
  CHECK(rig.rejected() == each.rejected);
  rig.CheckIdentity();
}

TEST_CASE("pipeline: stop writes what waits", "[collector][pipeline]") {
  PipelineOptions options;
  options.num_workers = 1;
  Rig rig(std::move(options));
  rig.Submit(MakeBatch(1));
  rig.Submit(MakeBatch(2));
  REQUIRE(rig.writer.WaitForKept(1));
  std::jthread store([&] {
    for (int i = 0; i < 2; ++i) {
      if (rig.writer.WaitForKept(1)) {
        rig.writer.FinishOne(Committed(0));
      }
    }
  });
  rig.pipeline().Stop(In(kPatience));
  CHECK(rig.answers.size() == 2);
  CHECK(rig.saved() == 3);
  rig.Submit(MakeBatch(4));
  const auto results = rig.answers.Wait(3);
  CHECK(results[2].outcome == IngestOutcome::kBusy);
  CHECK(results[2].error.code == ErrorCode::kUnavailable);
  CHECK(rig.Sum("pugmark_collector_spans_refused_total", {R"(reason="shutdown")"}) == 4);
  rig.pipeline().Stop(In(0ms));
  rig.CheckIdentity();
}

TEST_CASE("pipeline: stop answers everything by its deadline, once", "[collector][pipeline]") {
  PipelineOptions options;
  options.num_workers = 1;
  Rig rig(std::move(options));
  rig.Submit(MakeBatch(1));
  REQUIRE(rig.writer.WaitForKept(1));
  rig.Submit(MakeBatch(2));
  rig.pipeline().Stop(In(50ms));
  const auto results = rig.answers.Wait(2);
  CHECK(results[0].outcome == IngestOutcome::kBusy);
  CHECK(results[1].outcome == IngestOutcome::kBusy);
  CHECK(rig.refused() == 2);
  CHECK(rig.failed() == 1);
  CHECK(rig.received() == rig.refused() + rig.failed());
  // The store answers after all: nobody is left to hear it.
  rig.writer.FinishOne(Committed(1));
  CHECK(rig.answers.size() == 2);
  CHECK(rig.saved() == 0);
}

TEST_CASE("pipeline: a store may answer after the pipeline has gone", "[collector][pipeline]") {
  Metrics metrics;
  FakeWriter writer;
  Answers answers;
  const auto budget = std::make_shared<ByteBudget>(std::size_t{1} << 20);
  LimitHits hits(metrics);
  {
    Pipeline pipeline({}, writer, std::make_shared<PipelineMetrics>(metrics, "testhost"),
                      std::make_shared<SpanCounters>(metrics), hits);
    pipeline.Submit(MakeBatch(1), std::make_shared<BudgetShare>(budget), answers.Taker());
    REQUIRE(writer.WaitForKept(1));
  }
  CHECK(answers.size() == 1);
  writer.FinishOne(Committed(1));
  CHECK(answers.size() == 1);
}

TEST_CASE("pipeline: many senders and a store that answers in every way", "[collector][pipeline]") {
  PipelineOptions options;
  options.num_workers = 4;
  options.queue_size = 50;
  Rig rig(std::move(options));
  std::atomic<std::uint32_t> calls{0};
  rig.writer.answer = [&](std::size_t spans) {
    switch (calls++ % 4) {
      case 0:
        return WriteResult{.outcome = WriteResult::Outcome::kRefused,
                           .status = Error{ErrorCode::kResourceExhausted, "busy"}};
      case 1:
        return WriteResult{.outcome = WriteResult::Outcome::kUnknown, .status = Unavailable("?")};
      default:
        return Committed(spans);
    }
  };
  constexpr std::size_t kSenders = 4;
  constexpr std::size_t kBatches = 500;
  {
    std::vector<std::jthread> senders;
    for (std::size_t i = 0; i < kSenders; ++i) {
      senders.emplace_back([&] {
        for (std::size_t n = 0; n < kBatches; ++n) {
          TestSpan zero;
          zero.trace_id = {};
          rig.Submit(n % 7 == 0 ? MakeBatch({zero, {}}) : MakeBatch(n % 11));
        }
      });
    }
  }
  rig.pipeline().Stop(In(kPatience));
  CHECK(rig.answers.size() == kSenders * kBatches);
  CHECK(rig.budget().used_bytes() == 0);
  rig.CheckIdentity();
}

}  // namespace
}  // namespace pugmark
