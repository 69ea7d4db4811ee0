#include "collector/pipeline/downsampler.h"

#include <limits>

namespace pugmark {
namespace {

constexpr std::string_view kDefaultSalt = "downsampling-default-salt";

// FNV-1a, 64 bits (RFC 9923, section 2).
constexpr std::uint64_t kFnvOffset = 0xcbf29ce484222325U;
constexpr std::uint64_t kFnvPrime = 0x100000001b3U;

std::uint64_t Fnv1a(std::uint64_t state, std::string_view bytes) {
  for (const char byte : bytes) {
    state = (state ^ static_cast<unsigned char>(byte)) * kFnvPrime;
  }
  return state;
}

}  // namespace

Downsampler::Downsampler(double ratio, std::string_view salt)
    : keeps_all_(ratio >= 1),
      threshold_(keeps_all_ ? std::numeric_limits<std::uint64_t>::max()
                            : static_cast<std::uint64_t>(0x1p64 * ratio)),
      salted_(Fnv1a(kFnvOffset, salt.empty() ? kDefaultSalt : salt)) {}

bool Downsampler::Keeps(TraceId trace_id) const {
  char bytes[16];
  trace_id.ToBigEndian(bytes);
  return Fnv1a(salted_, {bytes, sizeof bytes}) <= threshold_;
}

}  // namespace pugmark
