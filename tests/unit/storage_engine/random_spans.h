// Random spans over the whole model: every field, odd values included.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "common/model/span_batch.h"

namespace pugmark::test {

struct RandomSpanOptions {
  int services = 4;
  int operations = 6;
  int traces = 40;  // ids are drawn from as many
  int most_attributes = 8;
  bool whole_micros = false;  // times as Jaeger's formats have them
  bool odd_times = true;      // before 1970, far in the future, negative durations
  std::int64_t start_us = 1'700'000'000'000'000;
  std::int64_t window_us = 60'000'000;
};

class RandomSpans {
 public:
  explicit RandomSpans(std::uint64_t seed, RandomSpanOptions options = {})
      : random_(seed), options_(options) {}

  std::unique_ptr<SpanBatch> Batch(std::size_t spans);
  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }
  TraceId RandomTraceId();

 private:
  std::string_view Text(Arena& arena);
  Value RandomValue(Arena& arena, int depth);
  std::span<Attribute> Attributes(Arena& arena, int most);
  Span RandomSpan(Arena& arena, std::span<Resource> resources, std::span<const Scope> scopes);

  std::mt19937_64 random_;
  RandomSpanOptions options_;
};

}  // namespace pugmark::test
