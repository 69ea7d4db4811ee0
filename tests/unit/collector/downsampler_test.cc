#include "collector/pipeline/downsampler.h"

#include <catch2/catch.hpp>
#include <string>

#include "collector/pipeline/queue_sizer.h"

namespace pugmark {
namespace {

TEST_CASE("downsampler: the share of traces that is asked for", "[collector]") {
  const double ratio = GENERATE(0.0, 0.1, 0.5, 0.9, 1.0);
  CAPTURE(ratio);
  const Downsampler downsampler(ratio, "");
  CHECK(downsampler.keeps_all() == (ratio == 1.0));
  int kept = 0;
  constexpr int kTraces = 20'000;
  for (std::uint64_t i = 0; i < kTraces; ++i) {
    kept += downsampler.Keeps({i * 7, i}) ? 1 : 0;
  }
  CHECK(kept == Approx(ratio * kTraces).margin(0.02 * kTraces));
}

TEST_CASE("downsampler: a larger share keeps the same traces, another salt others", "[collector]") {
  const Downsampler less(0.2, "a");
  const Downsampler more(0.4, "a");
  const Downsampler other(0.2, "b");
  int different = 0;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    CHECK((!less.Keeps({0, i}) || more.Keeps({0, i})));
    different += less.Keeps({0, i}) != other.Keeps({0, i}) ? 1 : 0;
  }
  CHECK(different > 100);
}

TEST_CASE("downsampler: the hash is FNV-1a of the salt and the id in big-endian", "[collector]") {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const std::string text = "salt" + std::string(7, '\0') + "\x01" + std::string(7, '\0') + "\x02";
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  const double at = static_cast<double>(hash >> 11) / 0x1p53;
  CHECK(Downsampler(at + 1e-9, "salt").Keeps({1, 2}));
  CHECK_FALSE(Downsampler(at - 1e-9, "salt").Keeps({1, 2}));
}

TEST_CASE("queue sizer: as many spans as fit, where that is a real change", "[collector]") {
  const auto [spans, bytes, current, expected] =
      GENERATE(table<std::size_t, std::size_t, std::size_t, std::size_t>({
          {99, 99'000, 2'000, 2'000},        // too few to know
          {100, 100'000, 2'000, 1'000},      // 1,000 bytes each
          {100, 100'000, 1'100, 1'100},      // a tenth is no change
          {100, 100'000, 800, 1'000},        // a quarter is
          {1'000'000, 0, 2'000, 1'000'000},  // the most
          {100, 1'000'000'000, 2'000, 1},    // the least
      }));
  CAPTURE(spans, bytes, current);
  QueueSizer sizer(1'000'000, 100);
  sizer.Add(spans, bytes);
  CHECK(sizer.Recommend(current) == expected);
}

}  // namespace
}  // namespace pugmark
