#include "storage/rocks/engine/trace_fetch.h"

#include <xxhash.h>

#include <algorithm>
#include <shared_mutex>
#include <utility>

#include "storage/rocks/engine/search.h"

namespace pugmark::engine {
namespace {

constexpr std::size_t kMostArenaBytes = std::size_t{256} << 20;

Error OverBudget(const RequestContext& context) {
  return {ErrorCode::kResourceExhausted, "a span needs more than the " +
                                             std::to_string(context.byte_budget) +
                                             " bytes that the request may hold"};
}

class StoredTraces : public TraceStream {
 public:
  StoredTraces(RequestContext context, StoreView view, std::vector<TraceId> ids)
      : context_(std::move(context)), view_(std::move(view)), ids_(std::move(ids)) {}

  Result<std::unique_ptr<TraceChunk>> Next() override {
    while (true) {
      if (Status alive = CheckAlive(context_); !alive) {
        return alive.error();
      }
      if (!fetch_) {
        if (next_ == ids_.size()) {
          return std::unique_ptr<TraceChunk>();
        }
        fetch_.emplace(context_, view_, cache_, ids_[next_++]);
      }
      Result<std::unique_ptr<TraceChunk>> chunk = fetch_->Next();
      if (!chunk || *chunk != nullptr) {
        return chunk;
      }
      fetch_.reset();
    }
  }

 private:
  const RequestContext context_;
  const StoreView view_;
  const std::vector<TraceId> ids_;
  GroupCache cache_;
  std::size_t next_ = 0;
  std::optional<TraceFetch> fetch_;
};

}  // namespace

std::uint64_t FingerprintOf(const Span& span) {
  static thread_local ByteWriter out;
  out.Clear();
  out.Fixed(span.trace_id);
  out.Fixed(span.span_id);
  out.Fixed(span.parent_span_id);
  out.Fixed(span.start_time.time_since_epoch().count());
  out.Fixed(span.duration.count());
  out.Byte(static_cast<std::uint8_t>(span.kind));
  out.Byte(static_cast<std::uint8_t>(span.status));
  out.Byte(static_cast<std::uint8_t>(span.format));
  out.Varint(span.flags);
  out.Text(span.name);
  out.Text(span.trace_state);
  out.Text(span.status_message);
  EncodeAttributes(out, span.attributes);
  out.Varint(span.events.size());
  for (const Event& event : span.events) {
    out.Fixed(event.time.time_since_epoch().count());
    out.Text(event.name);
    out.Varint(event.dropped_attributes);
    EncodeAttributes(out, event.attributes);
  }
  EncodeRest(out, span);
  EncodeResource(out, *span.resource);
  out.Byte(span.scope == nullptr ? 0 : 1);
  if (span.scope != nullptr) {
    EncodeScope(out, *span.scope);
  }
  return XXH3_64bits(out.view().data(), out.size());
}

Result<std::shared_ptr<OpenGroup>> GroupCache::Get(const SegmentRef& segment, std::size_t index) {
  const auto found = std::find_if(groups_.begin(), groups_.end(), [&](const Entry& entry) {
    return entry.segment == segment.entry.id && entry.index == index;
  });
  if (found != groups_.end()) {
    groups_.splice(groups_.begin(), groups_, found);
    return groups_.front().open;
  }
  const Result<const SegmentHeader*> header = segment.segment->Header();
  if (!header) {
    return header.error();
  }
  Result<std::shared_ptr<SegmentTables>> tables = segment.segment->Tables();
  if (!tables) {
    return tables.error();
  }
  Trim();
  auto open = std::make_shared<OpenGroup>(
      std::make_shared<RowGroup>(segment.segment, *tables, **header, index));
  groups_.push_front({segment.entry.id, index, open});
  return open;
}

void GroupCache::Trim() {
  std::size_t bytes = 0;
  for (const Entry& entry : groups_) {
    bytes += entry.open->group->bytes();
  }
  while (groups_.size() > 1 && bytes > kMostBytes) {
    bytes -= groups_.back().open->group->bytes();
    groups_.pop_back();
  }
}

Status TraceFetch::FindParts() {
  has_looked_ = true;
  for (const HeadSlice& slice : view_.heads) {
    FindInHead(slice);
  }
  for (const SegmentRef& segment : *view_.segments) {
    Status found = FindInSegment(segment);
    if (!found && found.error().code == ErrorCode::kDataLoss) {
      CountDamagedPart(segment.entry.id, found.error());
    } else if (!found) {
      return found;
    }
  }
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    may_repeat_ |= parts_[i].head != parts_[0].head || parts_[i].segment != parts_[0].segment;
  }
  return {};
}

void TraceFetch::FindInHead(const HeadSlice& slice) {
  const Head& head = *slice.head;
  const std::shared_lock reading(head.mutex());
  const std::uint32_t tenant = head.FindTenant(context_.tenant);
  const std::uint32_t trace = tenant == kNotFound ? kNotFound : head.FindTrace(tenant, trace_id_);
  if (trace == kNotFound) {
    return;
  }
  Part part;
  part.head = &slice;
  for (std::uint32_t row = head.traces[trace].last_row; row != kNotFound;
       row = head.rows[row].previous_in_trace) {
    if (row < slice.rows) {
      part.rows.push_back(row);
    }
  }
  if (part.rows.empty()) {
    return;
  }
  std::sort(part.rows.begin(), part.rows.end(), [&head](std::uint32_t a, std::uint32_t b) {
    const HeadRow& x = head.rows[a];
    const HeadRow& y = head.rows[b];
    return x.start_ns != y.start_ns ? x.start_ns < y.start_ns
           : x.span_id != y.span_id ? x.span_id < y.span_id
                                    : a < b;
  });
  for (std::size_t i = 1; i < part.rows.size(); ++i) {
    const HeadRow& row = head.rows[part.rows[i]];
    const HeadRow& before = head.rows[part.rows[i - 1]];
    may_repeat_ |= row.start_ns == before.start_ns && row.span_id == before.span_id;
  }
  part.row_count = part.rows.size();
  parts_.push_back(std::move(part));
}

Status TraceFetch::FindInSegment(const SegmentRef& segment) {
  const Result<std::vector<std::uint32_t>> entries =
      segment.segment->FindEntries(TraceKeyHash(context_.tenant, trace_id_));
  if (!entries) {
    return entries.error();
  }
  if (entries->empty()) {
    return {};
  }
  const Result<const SegmentHeader*> header = segment.segment->Header();
  if (!header) {
    return header.error();
  }
  for (const std::uint32_t entry : *entries) {
    Status added = AddEntry(segment, **header, entry);
    if (!added && added.error().code == ErrorCode::kDataLoss) {
      CountDamagedPart(segment.entry.id, added.error());
    } else if (!added) {
      return added;
    }
  }
  return {};
}

Status TraceFetch::AddEntry(const SegmentRef& segment, const SegmentHeader& header,
                            std::uint32_t entry) {
  const std::size_t index = Segment::GroupOfEntry(header, entry);
  Result<std::shared_ptr<OpenGroup>> open = cache_.Get(segment, index);
  if (!open) {
    return open.error();
  }
  RowGroup& group = *(*open)->group;
  if (Status status = group.LoadEntries(); !status) {
    return status;
  }
  const std::uint32_t local = entry - header.groups[index].first_entry;
  // Traces share hashes, and tenants ids.
  if (group.trace_id(local) != trace_id_ ||
      group.schema().tenants[group.bounds().tenant] != context_.tenant) {
    return {};
  }
  Part part;
  part.segment = &segment;
  part.first_row = group.first_row(local);
  part.row_count = group.end_row(local) - part.first_row;
  part.open = std::move(*open);
  parts_.push_back(std::move(part));
  return {};
}

Status TraceFetch::StartChunk(Filling& filling) {
  std::size_t left = 0;
  for (std::size_t i = part_; i < parts_.size() && left < kMostChunkSpans; ++i) {
    left += parts_[i].row_count - (i == part_ ? row_ : 0);
  }
  // Most of what the request may hold is for what the spans point to.
  left = std::min(
      {left, kMostChunkSpans, std::max<std::size_t>(1, context_.byte_budget / 4 / sizeof(Span))});
  filling.arena = std::make_unique<Arena>(std::min(context_.byte_budget, kMostArenaBytes));
  Span* const room = filling.arena->Allocate<Span>(left);
  if (room == nullptr) {
    return OverBudget(context_);
  }
  filling.room = {room, left};
  return {};
}

Result<std::unique_ptr<TraceChunk>> TraceFetch::Next() {
  if (!has_looked_) {
    if (Status found = FindParts(); !found) {
      return found.error();
    }
  }
  Filling filling;
  while (part_ < parts_.size()) {
    if (filling.arena == nullptr) {
      if (Status started = StartChunk(filling); !started) {
        return started.error();
      }
    }
    Result<Outcome> filled = Fill(parts_[part_], filling);
    if (!filled && filled.error().code == ErrorCode::kDataLoss) {
      CountDamagedPart(parts_[part_].segment == nullptr ? 0 : parts_[part_].segment->entry.id,
                       filled.error());
      filled = Outcome::kPartDone;
    }
    if (!filled) {
      return filled.error();
    }
    if (*filled == Outcome::kChunkFull) {
      if (filling.count != 0) {
        break;
      }
      filling = Filling();  // full of copies of what was shown before
      continue;
    }
    parts_[part_].open.reset();
    ++part_;
    row_ = 0;
  }
  if (filling.count == 0) {
    return std::unique_ptr<TraceChunk>();
  }
  return std::make_unique<TraceChunk>(trace_id_, std::move(filling.arena),
                                      filling.room.first(filling.count));
}

Result<TraceFetch::Outcome> TraceFetch::Fill(const Part& part, Filling& filling) {
  return part.head != nullptr ? FillFromHead(part, filling) : FillFromSegment(part, filling);
}

bool TraceFetch::Keep(Filling& filling) {
  const Span& span = filling.room[filling.count];
  if (!may_repeat_ || seen_.insert(FingerprintOf(span)).second) {
    ++filling.count;
  }
  return filling.count == filling.room.size() || filling.arena->bytes_reserved() >= kChunkBytes;
}

Result<TraceFetch::Outcome> TraceFetch::NoRoom(const Filling& filling) const {
  if (filling.count == 0) {
    return OverBudget(context_);
  }
  return Outcome::kChunkFull;
}

Result<TraceFetch::Outcome> TraceFetch::FillFromHead(const Part& part, Filling& filling) {
  const Head& head = *part.head->head;
  const std::shared_lock reading(head.mutex());
  SpanAssembler assembler(head.schema(), *filling.arena);
  while (row_ < part.rows.size()) {
    HeadRowSource source(head, part.rows[row_]);
    if (!assembler.Assemble(source.Core(), source, filling.room[filling.count])) {
      if (filling.arena->exhausted()) {
        return NoRoom(filling);
      }
      return Error{ErrorCode::kInternal, "a span of the head cannot be put together"};
    }
    ++row_;
    if (Keep(filling)) {
      return row_ < part.rows.size() || part_ + 1 < parts_.size() ? Outcome::kChunkFull
                                                                  : Outcome::kPartDone;
    }
  }
  return Outcome::kPartDone;
}

Result<TraceFetch::Outcome> TraceFetch::FillFromSegment(const Part& part, Filling& filling) {
  RowGroup& group = *part.open->group;
  std::optional<RowCursor>& cursor = part.open->cursor;
  if (!cursor || cursor->row() > part.first_row + row_) {
    if (Status status = group.LoadAll(); !status) {
      return status.error();
    }
    cursor.emplace(group);
  }
  SpanAssembler assembler(group.schema(), *filling.arena);
  while (row_ < part.row_count) {
    const auto row = static_cast<std::uint32_t>(part.first_row + row_);
    Status status = cursor->Assemble(row, assembler, filling.room[filling.count]);
    if (!status) {
      cursor.reset();
      if (filling.arena->exhausted()) {
        return NoRoom(filling);
      }
      return status.error();
    }
    ++row_;
    if (Keep(filling)) {
      return row_ < part.row_count || part_ + 1 < parts_.size() ? Outcome::kChunkFull
                                                                : Outcome::kPartDone;
    }
  }
  return Outcome::kPartDone;
}

std::unique_ptr<TraceStream> StreamTraces(RequestContext context, StoreView view,
                                          std::vector<TraceId> ids) {
  return std::make_unique<StoredTraces>(std::move(context), std::move(view), std::move(ids));
}

}  // namespace pugmark::engine
