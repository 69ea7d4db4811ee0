// Traces on their way from the store to an encoder, part by part.
#pragma once

#include <memory>
#include <vector>

#include "common/base/result.h"
#include "storage/api/trace_reader.h"

namespace pugmark {

struct TracePart {
  std::unique_ptr<TraceChunk> chunk;  // null at the end
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
