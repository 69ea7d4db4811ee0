// Spans of a made-up system of 30 services, in batches as their pods would send them: the workload
// that the store's figures are measured with. Deterministic for a seed.
//
// Traces have 1 to 200 spans (log-normal, median 8); a span has about 14 attributes, its resource
// 13; a third of the spans have message events, errors an exception. Ids lie in URLs, request ids
// are UUIDs, there are two million users. The
// hard set adds 22 random characters to every span and a log line of 12 words to every second one.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "common/model/span_batch.h"

namespace pugmark::bench {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}
  std::uint64_t Next();
  std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((Next() >> 32) * bound) >> 32);
  }
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  double Normal();

 private:
  std::uint64_t state_;
};

// A trace to ask the store for.
struct SampleTrace {
  TraceId id;
  std::string user;
};

class Workload {
 public:
  Workload(std::uint64_t seed, bool is_hard);
  ~Workload();

  // Batches of at least `spans` spans more, in the order they are sent.
  std::vector<std::unique_ptr<SpanBatch>> Make(std::size_t spans);
  [[nodiscard]] const std::vector<SampleTrace>& samples() const { return samples_; }
  [[nodiscard]] std::string ServiceName(std::size_t index) const;
  [[nodiscard]] std::string OperationName(std::size_t service, std::size_t index) const;
  static constexpr std::size_t kServices = 30;

 private:
  struct Operation;
  struct Service;
  struct Pod;
  struct Planned;

  void MakeServices();
  void MakeTrace();
  void PlanTrace(std::vector<Planned>& spans);
  void Emit(const Planned& span, const std::vector<Planned>& trace, TraceId id, std::uint32_t user);
  void Flush(std::size_t pod);

  Random random_;
  const bool is_hard_;
  std::uint64_t now_us_ = 1'760'000'000'000'000;
  std::uint64_t traces_ = 0;
  std::size_t made_ = 0;
  std::vector<Service> services_;
  std::vector<Pod> pods_;
  std::vector<std::string> agents_;
  std::vector<std::string> addresses_;
  std::vector<std::string> stacks_;
  std::vector<std::string> words_;
  std::vector<SampleTrace> samples_;
  std::vector<std::unique_ptr<SpanBatch>> ready_;
};

}  // namespace pugmark::bench
