// What a store holds at a moment: the heads and the segments, as one view that never changes.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "storage/rocks/engine/database.h"
#include "storage/rocks/head/head.h"
#include "storage/rocks/segment/segment.h"

namespace pugmark::engine {

// A head up to a row: what came later is not part of the view.
struct HeadSlice {
  std::shared_ptr<const Head> head;
  std::uint32_t rows = 0;
};

struct SegmentRef {
  std::shared_ptr<Segment> segment;
  SegmentEntry entry;
};
using SegmentList = std::vector<SegmentRef>;

struct StoreView {
  std::vector<HeadSlice> heads;                 // newest first
  std::shared_ptr<const SegmentList> segments;  // by their newest start, newest first
};

class ViewSource {
 public:
  virtual ~ViewSource() = default;
  // Errors: kUnavailable.
  virtual Result<StoreView> Pin() = 0;
};

// Thread safety: may be called concurrently.
class LiveStore : public ViewSource {
 public:
  Result<StoreView> Pin() override;

  void SetSegments(SegmentList segments);
  // `head` becomes the newest.
  void AddHead(std::shared_ptr<const Head> head);
  // In one step: no reader sees the rows twice, or not at all.
  void ReplaceHead(const std::shared_ptr<const Head>& head, const SegmentRef& segment);
  // Takes segments out of the view. They may still be read by views pinned before.
  SegmentList TakeOut(const std::vector<std::uint64_t>& ids);
  // Both at once, for a process that follows another.
  void Replace(std::vector<std::shared_ptr<const Head>> heads, SegmentList segments);

  [[nodiscard]] std::shared_ptr<const SegmentList> segments() const;
  [[nodiscard]] std::size_t head_bytes() const;
  [[nodiscard]] std::size_t head_rows() const;

  // Lets go of segment tables that were not used last, where all together are more than `most`.
  void TrimTables(std::size_t most);

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Head>> heads_;  // oldest first
  std::shared_ptr<const SegmentList> segments_ = std::make_shared<SegmentList>();
};

}  // namespace pugmark::engine
