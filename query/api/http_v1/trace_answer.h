// The body of an answer with traces, {"data":[...],"total":0,"limit":0,"offset":0,"errors":null},
// written while it is read from the store.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "proto/codec/json_indent.h"
#include "proto/codec/ui_json_writer.h"
#include "query/service/resource_keeper.h"
#include "query/service/trace_source.h"

namespace pugmark {

// Thread safety: one caller at a time, on any thread.
class TraceAnswer {
 public:
  // `byte_budget`: what may be held for one trace beside its chunk.
  TraceAnswer(std::unique_ptr<TraceSource> traces, bool pretty, std::size_t byte_budget);

  // Reads the first chunk, so that an error can still become the status of the answer. False when
  // there is no trace at all.
  Result<bool> Begin();
  // The next piece of the body, "" after the last.
  Result<std::string> NextPiece();

 private:
  Status ReadPart();
  void WriteSpans();
  void EndTrace();
  void WriteEnd();

  std::unique_ptr<TraceSource> traces_;
  const bool pretty_;
  const std::size_t byte_budget_;
  TracePart part_;  // without a chunk at the end
  std::size_t next_span_ = 0;
  std::optional<ResourceKeeper> resources_;
  std::string text_;  // compact JSON not handed out yet
  std::optional<UiTraceWriter> writer_;
  JsonIndenter indenter_;
  bool first_trace_ = true;
  bool ended_ = false;
};

}  // namespace pugmark
