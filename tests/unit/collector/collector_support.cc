#include "collector_support.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>
#include <utility>

namespace pugmark {

std::unique_ptr<SpanBatch> MakeBatch(std::initializer_list<TestSpan> spans, SourceFormat format,
                                     InboundTransport transport) {
  auto batch = std::make_unique<SpanBatch>(std::string(100 * spans.size(), 'x'));
  Arena& arena = batch->arena();
  Span* const made = arena.Allocate<Span>(spans.size());
  Resource* const resources = arena.Allocate<Resource>(spans.size());
  std::size_t n = 0;
  std::size_t resource_count = 0;
  for (const TestSpan& wanted : spans) {
    if (resource_count == 0 || resources[resource_count - 1].service_name != wanted.service) {
      resources[resource_count] = Resource();
      resources[resource_count].service_name = batch->Intern(wanted.service);
      resources[resource_count].has_service_name = wanted.has_service;
      ++resource_count;
    }
    Span& span = made[n++];
    span = Span();
    span.trace_id = wanted.trace_id;
    span.span_id = wanted.span_id;
    span.parent_span_id = wanted.parent_span_id;
    span.start_time = UnixTime(std::chrono::seconds(1'795'000'000));
    span.duration = wanted.duration;
    span.name = "op";
    span.flags = wanted.flags;
    span.format = format;
    span.resource = &resources[resource_count - 1];
    if (!wanted.sampler_type.empty()) {
      AppendAttribute(arena, span.attributes,
                      {"sampler.type", Value::String(batch->Intern(wanted.sampler_type))});
    }
  }
  batch->SetContents({made, n}, {resources, resource_count});
  batch->format = format;
  batch->transport = transport;
  return batch;
}

std::unique_ptr<SpanBatch> MakeBatch(std::size_t count) {
  auto batch = std::make_unique<SpanBatch>(std::string(100 * count, 'x'));
  Span* const spans = batch->arena().Allocate<Span>(count);
  Resource* const resource = batch->arena().Allocate<Resource>(1);
  *resource = Resource();
  resource->service_name = "shop";
  resource->has_service_name = true;
  for (std::size_t i = 0; i < count; ++i) {
    spans[i] = Span();
    spans[i].trace_id = {0, 1};
    spans[i].span_id = i + 1;
    spans[i].duration = Nanoseconds(1'000);
    spans[i].resource = resource;
    spans[i].format = SourceFormat::kProto;
  }
  batch->SetContents({spans, count}, {resource, 1});
  batch->format = SourceFormat::kProto;
  batch->transport = InboundTransport::kGrpc;
  return batch;
}

double MetricValue(Metrics& metrics, std::string_view name,
                   std::initializer_list<std::string_view> labels) {
  std::istringstream text(metrics.Serialize());
  double sum = 0;
  for (std::string line; std::getline(text, line);) {
    const std::size_t space = line.rfind(' ');
    const std::string series = line.substr(0, space);
    const bool same_name = series.substr(0, series.find('{')) == name;
    const bool same_labels = std::all_of(labels.begin(), labels.end(), [&](std::string_view label) {
      return series.find(label) != std::string::npos;
    });
    if (same_name && same_labels) {
      sum += std::stod(line.substr(space + 1));
    }
  }
  return sum;
}

IngestDone Answers::Taker() {
  return [this](const IngestResult& result) {
    const std::lock_guard lock(mutex_);
    results_.push_back(result);
    changed_.notify_all();
  };
}

std::vector<IngestResult> Answers::Wait(std::size_t count) {
  std::unique_lock lock(mutex_);
  REQUIRE(changed_.wait_for(lock, kPatience, [&] { return results_.size() >= count; }));
  return results_;
}

std::size_t Answers::size() const {
  const std::lock_guard lock(mutex_);
  return results_.size();
}

WriteResult Committed(std::size_t spans) {
  WriteResult result;
  result.stored = spans;
  return result;
}

void FakeWriter::Write(const RequestContext& /*context*/, std::unique_ptr<SpanBatch> batch,
                       std::optional<BatchId> /*id*/, WriteDone done) {
  const std::size_t spans = batch->spans().size();
  batch.reset();
  if (answer) {
    const WriteResult result = answer(spans);
    {
      const std::lock_guard lock(mutex_);
      Count(result, spans);
    }
    done(result);
    return;
  }
  const std::lock_guard lock(mutex_);
  kept_.push_back({spans, std::move(done)});
  most_kept_ = std::max(most_kept_, kept_.size());
  changed_.notify_all();
}

bool FakeWriter::WaitForKept(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return kept_.size() >= count; });
}

void FakeWriter::FinishOne(const WriteResult& result) {
  Kept kept;
  {
    const std::lock_guard lock(mutex_);
    kept = std::move(kept_.front());
    kept_.pop_front();
    Count(result, kept.spans);
  }
  kept.done(result);
}

void FakeWriter::Count(const WriteResult& result, std::size_t spans) {
  if (result.outcome == WriteResult::Outcome::kCommitted) {
    stored_spans_ += spans - result.rejected;
  }
}

std::size_t FakeWriter::most_kept() const {
  const std::lock_guard lock(mutex_);
  return most_kept_;
}

std::size_t FakeWriter::stored_spans() const {
  const std::lock_guard lock(mutex_);
  return stored_spans_;
}

}  // namespace pugmark
