// What the collector's tests share: batches made by hand, writers that do as they are told, metrics
// read back from their text.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/pipeline/ingest_result.h"
#include "common/metrics/metrics.h"
#include "common/model/span_batch.h"
#include "storage/api/span_writer.h"

namespace pugmark {

inline constexpr std::chrono::seconds kPatience{20};

// A span of a batch made by hand.
struct TestSpan {
  TraceId trace_id{0, 1};
  SpanId span_id = 1;
  SpanId parent_span_id = 0;
  std::string_view service = "shop";
  bool has_service = true;
  Nanoseconds duration{1'000};
  std::uint32_t flags = 1;
  std::string_view sampler_type{};
};

std::unique_ptr<SpanBatch> MakeBatch(std::initializer_list<TestSpan> spans,
                                     SourceFormat format = SourceFormat::kJaeger,
                                     InboundTransport transport = InboundTransport::kHttp);
// `count` plain spans.
std::unique_ptr<SpanBatch> MakeBatch(std::size_t count);

// Sum of the samples of `name` whose labels include all of `labels`, each as `key="value"`.
double MetricValue(Metrics& metrics, std::string_view name,
                   std::initializer_list<std::string_view> labels = {});

// Collects the answers of submissions.
class Answers {
 public:
  IngestDone Taker();
  // Waits until there are `count` answers.
  std::vector<IngestResult> Wait(std::size_t count);
  [[nodiscard]] std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<IngestResult> results_;
};

// Answers every write at once, or keeps it until the test says what becomes of it.
class FakeWriter : public SpanWriter {
 public:
  // What every write is answered with; null keeps it.
  std::function<WriteResult(std::size_t spans)> answer;

  void Write(const RequestContext& context, std::unique_ptr<SpanBatch> batch,
             std::optional<BatchId> id, WriteDone done) override;

  // Waits until `count` writes are kept.
  bool WaitForKept(std::size_t count);
  // Answers the oldest kept write.
  void FinishOne(const WriteResult& result);
  [[nodiscard]] std::size_t most_kept() const;
  [[nodiscard]] std::size_t stored_spans() const;

 private:
  struct Kept {
    std::size_t spans;
    WriteDone done;
  };
  void Count(const WriteResult& result, std::size_t spans);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Kept> kept_;
  std::size_t most_kept_ = 0;
  std::size_t stored_spans_ = 0;
};

WriteResult Committed(std::size_t spans);

}  // namespace pugmark
