// Traces on their way from the store to an encoder, part by part.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "common/base/result.h"
#include "common/model/arena.h"
#include "storage/api/trace_reader.h"

namespace pugmark {

struct TracePart {
  // What may be added to the spans of one part.
  static constexpr std::size_t kMostAdditionBytes = std::size_t{64} << 20;

  [[nodiscard]] Arena& Additions() {
    if (additions == nullptr) {
      additions = std::make_unique<Arena>(kMostAdditionBytes);
    }
    return *additions;
  }

  std::unique_ptr<TraceChunk> chunk;  // null at the end
  std::unique_ptr<Arena> additions;   // holds what was added to its spans since; may be null
  // The first part of a trace. The id does not say it: one trace may be asked for twice.
  bool begins_trace = false;
};

// Thread safety: as TraceStream.
class TraceSource {
 public:
  virtual ~TraceSource() = default;
  // Blocks. Errors: those of TraceStream::Next.
  virtual Result<TracePart> Next() = 0;
  // After the end: the ids that were asked for and not found, in the order asked.
  [[nodiscard]] virtual const std::vector<TraceId>& missing() const = 0;
};

}  // namespace pugmark
