// Traces adjusted as Jaeger shows them (reference 3.9): span ids made unique, attributes sorted,
// duplicates dropped, clock skew corrected, addresses, library attributes and references mended.
//
// Some adjusters need the whole trace. A trace is held in memory up to a bound; of a longer one
// only a record per span is kept, and its spans are read a second time.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "query/service/adjust/span_fixes.h"
#include "query/service/adjust/span_record.h"
#include "query/service/trace_source.h"

namespace pugmark {

struct AdjustOptions {
  AdjustDialect dialect = AdjustDialect::kJaeger;
  Nanoseconds max_skew{0};
  // Of a trace that is held.
  std::size_t max_held_bytes = std::size_t{64} << 20;
};

class AdjustedSource : public TraceSource {
 public:
  // Reads one trace once more.
  using Reread = std::function<std::unique_ptr<TraceSource>(TraceId)>;

  AdjustedSource(std::unique_ptr<TraceSource> inner, Reread reread, AdjustOptions options);
  ~AdjustedSource() override;

  Result<TracePart> Next() override;
  [[nodiscard]] const std::vector<TraceId>& missing() const override { return inner_->missing(); }

 private:
  // The records of one trace, and the way back from a span to its record.
  class Findings;

  Result<bool> Gather();
  Status View(TracePart& part) const;
  Status Hold(TracePart part);
  void LetGo();
  Result<TracePart> NextHeld();
  Result<TracePart> NextReread();
  Status FixPart(TracePart& part);

  const std::unique_ptr<TraceSource> inner_;
  const Reread reread_;
  const AdjustOptions options_;
  TracePart ahead_;  // the first part of the trace after the one gathered
  bool has_ahead_ = false;
  std::unique_ptr<Findings> findings_;
  std::optional<SpanFixer> fixer_;
  std::deque<TracePart> held_;
  std::size_t held_bytes_ = 0;
  bool holding_ = true;  // false once the trace turned out too long
  std::unique_ptr<TraceSource> second_reading_;
  bool begins_trace_ = false;  // of the next part given out
};

}  // namespace pugmark
