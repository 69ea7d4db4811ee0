// Keeps a share of all traces, the same ones on every collector (reference 2.1, downsampling).
#pragma once

#include <cstdint>
#include <string_view>

#include "common/model/ids.h"

namespace pugmark {

// Thread safety: Keeps may be called concurrently.
class Downsampler {
 public:
  // `ratio` of all traces are kept, 0 to 1. `salt` decides which; "" is Jaeger's own.
  Downsampler(double ratio, std::string_view salt);

  [[nodiscard]] bool keeps_all() const { return keeps_all_; }
  [[nodiscard]] bool Keeps(TraceId trace_id) const;

 private:
  bool keeps_all_;
  std::uint64_t threshold_;
  std::uint64_t salted_;  // the hash's state after the salt
};

}  // namespace pugmark
