// Reads whole traces out of a view, wherever their spans lie.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "storage/api/request_context.h"
#include "storage/api/trace_reader.h"
#include "storage/rocks/engine/live_store.h"
#include "storage/rocks/segment/row_group.h"

namespace pugmark::engine {

// What a chunk of a stream holds at most, and about.
inline constexpr std::size_t kMostChunkSpans = 1'000;
inline constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

// A row group being read, and how far.
struct OpenGroup {
  explicit OpenGroup(std::shared_ptr<RowGroup> of) : group(std::move(of)) {}
  const std::shared_ptr<RowGroup> group;
  std::optional<RowCursor> cursor;  // goes forward only
};

// The row groups that a stream read last: traces found by a search lie close together.
class GroupCache {
 public:
  Result<std::shared_ptr<OpenGroup>> Get(const SegmentRef& segment, std::size_t index);

 private:
  static constexpr std::size_t kMostBytes = std::size_t{24} << 20;
  struct Entry {
    std::uint64_t segment;
    std::size_t index;
    std::shared_ptr<OpenGroup> open;
  };
  void Trim();

  std::list<Entry> groups_;  // the last used in front
};

// The spans of one trace, each once, in chunks.
class TraceFetch {
 public:
  // All outlive it.
  TraceFetch(const RequestContext& context, const StoreView& view, GroupCache& cache,
             TraceId trace_id)
      : context_(context), view_(view), cache_(cache), trace_id_(trace_id) {}

  // The next chunk; null at the end. Parts that are damaged are left out, logged and counted.
  Result<std::unique_ptr<TraceChunk>> Next();

 private:
  // Rows of one head, or an entry of a segment.
  struct Part {
    const HeadSlice* head = nullptr;
    std::vector<std::uint32_t> rows;
    const SegmentRef* segment = nullptr;
    std::uint32_t first_row = 0;
    std::size_t row_count = 0;
    std::shared_ptr<OpenGroup> open;
  };
  // The chunk being filled.
  struct Filling {
    std::unique_ptr<Arena> arena;
    std::span<Span> room;
    std::size_t count = 0;
  };
  enum class Outcome { kPartDone, kChunkFull };

  Status FindParts();
  void FindInHead(const HeadSlice& slice);
  Status FindInSegment(const SegmentRef& segment);
  Status AddEntry(const SegmentRef& segment, const SegmentHeader& header, std::uint32_t entry);
  Status StartChunk(Filling& filling);
  Result<Outcome> Fill(const Part& part, Filling& filling);
  Result<Outcome> FillFromHead(const Part& part, Filling& filling);
  Result<Outcome> FillFromSegment(const Part& part, Filling& filling);
  // Keeps the span just put together, unless it was seen before; whether the chunk is full now.
  bool Keep(Filling& filling);
  // A span did not fit into the chunk's arena.
  Result<Outcome> NoRoom(const Filling& filling) const;

  const RequestContext& context_;
  const StoreView& view_;
  GroupCache& cache_;
  const TraceId trace_id_;
  bool has_looked_ = false;
  bool may_repeat_ = false;  // a span may lie in two parts, or twice in one
  std::vector<Part> parts_;
  std::size_t part_ = 0;
  std::size_t row_ = 0;  // within the part
  std::unordered_set<std::uint64_t> seen_;
};

// A number that differs between spans that differ in anything that a reader shows.
std::uint64_t FingerprintOf(const Span& span);

// Traces one after another, in the order of `ids`; those that are not there are skipped. The stream
// owns the view.
std::unique_ptr<TraceStream> StreamTraces(RequestContext context, StoreView view,
                                          std::vector<TraceId> ids);

}  // namespace pugmark::engine
