// Traces as the JSON of Jaeger's HTTP API (reference 3.5), streamed without a document tree.
//
// Number, escaping and naming rules are Go's encoding/json (`<`, `>`, `&` escaped, invalid UTF-8
// replaced), int64 beyond
// +-(2^53-1) as strings, NaN and infinities as the strings "NaN", "Infinity", "-Infinity" (design
// section 12). Tags that exist only in the model are added where the span does not have them:
// @jaeger@format, and for OTLP spans what reference 8.3 lists.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/span.h"

namespace pugmark {

// Writes the members of one trace object
// `{"traceID":...,"spans":[...],"processes":{...},"warnings":...}` piece by piece: Begin, then any
// number of AddSpan, then End. Distinct processes are numbered p1, p2, ... in first-seen order.
//
// Appends to a caller-owned buffer that the caller may take and clear between calls. Resources must
// stay alive until End.
class UiTraceWriter {
 public:
  // `pretty` indents by four spaces per level as json.MarshalIndent does; `depth` is the level of
  // the object itself.
  explicit UiTraceWriter(std::string& out, bool pretty = false, int depth = 0);
  ~UiTraceWriter();

  void Begin(TraceId trace_id);
  void AddSpan(const Span& span);
  void End(std::span<const std::string> warnings = {});

 private:
  struct State;
  void Flush();

  std::string& out_;
  std::unique_ptr<State> state_;
};

}  // namespace pugmark
