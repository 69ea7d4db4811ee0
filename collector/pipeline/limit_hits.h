// How often each limit of design section 13 was met.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/metrics/metrics.h"

namespace pugmark {

enum class Limit : std::uint8_t {
  kBytesInFlight,
  kQueue,
  kHttpBody,
  kDecodedBody,
  kRequestSpans,
  kRequestMemory,
  kSpanAttributes,
  kSpanEvents,
  kSpanLinks,
  kValueBytes,
};
inline constexpr std::size_t kLimits = 10;

// The end of the option's name, which is the label value too: "http-body-bytes".
std::string_view LimitName(Limit limit);

// Thread safety: all methods may be called concurrently.
class LimitHits {
 public:
  explicit LimitHits(Metrics& metrics);

  void Add(Limit limit, std::size_t count = 1) {
    hits_[static_cast<std::size_t>(limit)]->Increment(static_cast<double>(count));
  }
  [[nodiscard]] std::uint64_t Get(Limit limit) const {
    return static_cast<std::uint64_t>(hits_[static_cast<std::size_t>(limit)]->Value());
  }

 private:
  std::array<Metrics::Counter*, kLimits> hits_{};
};

}  // namespace pugmark
