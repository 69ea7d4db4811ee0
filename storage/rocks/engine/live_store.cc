#include "storage/rocks/engine/live_store.h"

#include <algorithm>

namespace pugmark::engine {
namespace {

void SortNewestFirst(SegmentList& segments) {
  std::sort(segments.begin(), segments.end(), [](const SegmentRef& a, const SegmentRef& b) {
    return a.entry.max_start_ns > b.entry.max_start_ns;
  });
}

}  // namespace

Result<StoreView> LiveStore::Pin() {
  const std::lock_guard lock(mutex_);
  StoreView view;
  for (auto head = heads_.rbegin(); head != heads_.rend(); ++head) {
    view.heads.push_back({*head, (*head)->published_rows()});
  }
  view.segments = segments_;
  return view;
}

void LiveStore::SetSegments(SegmentList segments) {
  SortNewestFirst(segments);
  const std::lock_guard lock(mutex_);
  segments_ = std::make_shared<SegmentList>(std::move(segments));
}

void LiveStore::AddHead(std::shared_ptr<const Head> head) {
  const std::lock_guard lock(mutex_);
  heads_.push_back(std::move(head));
}

void LiveStore::ReplaceHead(const std::shared_ptr<const Head>& head, const SegmentRef& segment) {
  const std::lock_guard lock(mutex_);
  auto segments = std::make_shared<SegmentList>(*segments_);
  segments->push_back(segment);
  SortNewestFirst(*segments);
  segments_ = std::move(segments);
  heads_.erase(std::remove(heads_.begin(), heads_.end(), head), heads_.end());
}

SegmentList LiveStore::TakeOut(const std::vector<std::uint64_t>& ids) {
  const std::lock_guard lock(mutex_);
  SegmentList taken;
  auto kept = std::make_shared<SegmentList>();
  for (const SegmentRef& segment : *segments_) {
    const bool goes = std::find(ids.begin(), ids.end(), segment.entry.id) != ids.end();
    (goes ? taken : *kept).push_back(segment);
  }
  segments_ = std::move(kept);
  return taken;
}

void LiveStore::Replace(std::vector<std::shared_ptr<const Head>> heads, SegmentList segments) {
  SortNewestFirst(segments);
  const std::lock_guard lock(mutex_);
  heads_ = std::move(heads);
  segments_ = std::make_shared<SegmentList>(std::move(segments));
}

std::shared_ptr<const SegmentList> LiveStore::segments() const {
  const std::lock_guard lock(mutex_);
  return segments_;
}

std::size_t LiveStore::head_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const auto& head : heads_) {
    const std::shared_lock reading(head->mutex());
    sum += head->bytes();
  }
  return sum;
}

std::size_t LiveStore::head_rows() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const auto& head : heads_) {
    sum += head->published_rows();
  }
  return sum;
}

void LiveStore::TrimTables(std::size_t most) {
  const std::shared_ptr<const SegmentList> list = segments();
  std::size_t sum = 0;
  for (const SegmentRef& ref : *list) {
    sum += ref.segment->table_bytes();
  }
  if (sum <= most) {
    return;
  }
  std::vector<Segment*> by_use;
  for (const SegmentRef& ref : *list) {
    by_use.push_back(ref.segment.get());
  }
  std::sort(by_use.begin(), by_use.end(),
            [](Segment* a, Segment* b) { return a->last_use() < b->last_use(); });
  for (Segment* const segment : by_use) {
    if (sum <= most / 2) {
      break;
    }
    sum -= segment->table_bytes();
    segment->DropTables();
  }
}

}  // namespace pugmark::engine
