// Jaeger's counters of spans and traces by service (reference 2.8). A trace is counted at its root
// span.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/model/span_batch.h"

namespace pugmark {

// The values of the sampler_type label.
enum class SamplerType : std::uint8_t {
  kUnrecognized,
  kProbabilistic,
  kLowerBound,
  kRateLimiting,
  kConst,
};
inline constexpr std::size_t kSamplerTypes = 5;

// What the counters add at once for neighbouring spans of one resource.
struct SpanTally {
  std::uint32_t spans[2] = {};                  // [debug]
  std::uint32_t traces[2][kSamplerTypes] = {};  // [debug][sampler type]

  void Add(const Span& span);
  void Add(const SpanTally& other);
};

// Touches label maps only for a service that is new to it: otherwise a table look-up and a few
// atomic additions per batch.
//
// Thread safety: all methods may be called concurrently. The metrics outlive it.
class SpanCounters {
 public:
  class SavedBySvc;
  // The spans of one batch by service, kept until the outcome of its write is known.
  using SavedTallies = std::vector<std::pair<SavedBySvc*, SpanTally>>;

  explicit SpanCounters(Metrics& metrics);
  ~SpanCounters();

  // The spans as they came, before anything was repaired.
  void AddReceived(const SpanBatch& batch);
  void AddRejected(const SpanBatch& batch, const Span& span);
  // Counts spans that a decoder left out as received and rejected, of an unknown service.
  void AddUnreadable(const SpanBatch& batch, std::uint32_t spans);

  [[nodiscard]] SavedTallies TallySaved(const SpanBatch& batch);
  // Counts the first `stored` spans as ok and the rest as err.
  void AddSaved(const SavedTallies& tallies, std::size_t stored);

  // Distinct services seen.
  [[nodiscard]] std::size_t services() const;

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

}  // namespace pugmark
