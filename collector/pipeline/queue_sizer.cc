#include "collector/pipeline/queue_sizer.h"

#include <algorithm>

namespace pugmark {
namespace {

constexpr std::size_t kMostSpans = 1'000'000;
constexpr double kLeastChange = 1.2;

}  // namespace

std::size_t QueueSizer::Recommend(std::size_t current) const {
  const std::uint64_t spans = spans_.load(std::memory_order_relaxed);
  const std::uint64_t bytes = bytes_.load(std::memory_order_relaxed);
  if (spans == 0 || spans < warm_up_spans_) {
    return current;
  }
  const std::uint64_t average = std::max<std::uint64_t>(1, bytes / spans);
  const std::size_t ideal = std::clamp<std::size_t>(memory_bytes_ / average, 1, kMostSpans);
  const auto [less, more] = std::minmax(ideal, std::max<std::size_t>(1, current));
  const double change = static_cast<double>(more) / static_cast<double>(less);
  return change > kLeastChange ? ideal : current;
}

}  // namespace pugmark
