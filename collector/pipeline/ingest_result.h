// What became of a request with spans: what every receiver turns into the answer of its protocol.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "common/base/result.h"

namespace pugmark {

enum class IngestOutcome : std::uint8_t {
  kStored,     // committed, but for `rejected` spans
  kMalformed,  // not the format it should be: never try again
  kTooLarge,   // beyond a limit of a batch: never try again
  kBusy,       // not known to be stored; try again later
  kFailed,     // the store will not take it: never try again
};
inline constexpr std::size_t kIngestOutcomes = 5;

// A label value for metrics: "stored", "malformed", ...
std::string_view IngestOutcomeName(IngestOutcome outcome);

struct IngestResult {
  IngestOutcome outcome = IngestOutcome::kStored;
  Error error{};                             // unless kStored
  std::size_t rejected = 0;                  // spans that can never be stored for a fault of theirs
  std::chrono::milliseconds retry_after{0};  // of kBusy
};

// Runs exactly once, on any thread. It must not block and finishes no response inline: it posts to
// whoever waits.
using IngestDone = std::function<void(const IngestResult&)>;

}  // namespace pugmark
