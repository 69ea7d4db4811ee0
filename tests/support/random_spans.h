// Spans at random that use every part of the model, the same for the same seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/support/span_builder.h"

namespace pugmark::testing {

// Services, operations, keys and values come from small sets, so that searches find something.
class RandomSpans {
 public:
  explicit RandomSpans(std::uint64_t seed) : random_(seed) {}

  // One of `traces` traces; start within `window` after kTestTime.
  TestSpan Next(std::uint64_t traces, Nanoseconds window);

  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }
  bool OneIn(std::uint64_t n) { return Below(n) == 0; }

  std::string ServiceName() { return "service-" + std::to_string(Below(4)); }
  std::string OperationName() { return "operation-" + std::to_string(Below(5)); }
  std::string Key() { return "key-" + std::to_string(Below(6)); }
  TestValue ScalarValue();

 private:
  TestValue AnyValue(int depth);
  TestAttributes Attributes(std::uint64_t most);
  TestResource MakeResource();
  TestScope MakeScope();
  void AddRareParts(TestSpan& span);

  std::mt19937_64 random_;
};

}  // namespace pugmark::testing
