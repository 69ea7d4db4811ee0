#include "tests/unit/agent/test_batches.h"

#include <sstream>
#include <thread>

#include "proto/codec/thrift_encoder.h"

namespace pugmark::testing {

std::unique_ptr<SpanBatch> MakeBatch(const std::string& service, std::size_t spans,
                                     std::uint64_t first_id) {
  auto batch = std::make_unique<SpanBatch>(std::string());
  Arena& arena = batch->arena();
  Attribute* const tags = arena.Allocate<Attribute>(1);
  tags[0] = {batch->Intern("hostname"), Value::String(batch->Intern("test"))};
  auto* const resource = new (arena.Allocate<Resource>(1)) Resource();
  resource->service_name = batch->Intern(service);
  resource->has_service_name = true;
  resource->attributes = {tags, 1};
  Span* const list = arena.Allocate<Span>(spans);
  for (std::size_t i = 0; i < spans; ++i) {
    Span& span = *new (&list[i]) Span();
    span.trace_id = {0, first_id + i};
    span.span_id = first_id + i;
    span.name = batch->Intern("op-" + std::to_string(i));
    span.start_time = TimeFromMicros(1'700'000'000'000'000);
    span.duration = DurationFromMicros(1'000);
    span.resource = resource;
    span.format = SourceFormat::kJaeger;
  }
  batch->SetContents({list, spans}, {resource, 1});
  batch->format = SourceFormat::kJaeger;
  return batch;
}

std::string MakeDatagram(ThriftProtocol protocol, const std::string& service, std::size_t spans,
                         std::uint64_t first_id) {
  const auto batch = MakeBatch(service, spans, first_id);
  return EncodeAgentMessage(protocol, batch->resources().front(), batch->spans());
}

double MetricValue(Metrics& metrics, const std::string& series) {
  std::istringstream text(metrics.Serialize());
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(series + " ")) {
      return std::stod(line.substr(series.size() + 1));
    }
  }
  return -1;
}

double MetricSum(Metrics& metrics, const std::string& name) {
  std::istringstream text(metrics.Serialize());
  double sum = 0;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(name + " ") || line.starts_with(name + "{")) {
      sum += std::stod(line.substr(line.rfind(' ') + 1));
    }
  }
  return sum;
}

bool Eventually(const std::function<bool()>& condition, std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace pugmark::testing
