// Copies traces into the archive, where retention does not reach them. Archiving a trace twice adds
// nothing.
#pragma once

#include <memory>

#include "common/base/result.h"
#include "storage/api/request_context.h"
#include "storage/api/trace_reader.h"

namespace pugmark {

// Thread safety: may be called concurrently. Blocks.
class ArchiveWriter {
 public:
  virtual ~ArchiveWriter() = default;
  // Returns once every span of the stream is as durable as the store makes an acknowledged one.
  virtual Status Archive(const RequestContext& context, std::unique_ptr<TraceStream> trace) = 0;
};

}  // namespace pugmark
