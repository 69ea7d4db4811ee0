#include "query/service/adjust/adjusted_source.h"

#include <algorithm>
#include <tuple>

#include "query/service/adjust/clock_skew.h"
#include "query/service/adjust/jaeger_view.h"
#include "query/service/adjust/unique_span_ids.h"

namespace pugmark {
namespace {

// api_v3 shows attributes, events and links in an order of their own.
void SortCollections(Span& span) {
  SortAttributes(span.attributes);
  for (Event& event : span.events) {
    SortAttributes(event.attributes);
  }
  const auto by_name = [](const Event& a, const Event& b) { return a.name < b.name; };
  if (!std::is_sorted(span.events.begin(), span.events.end(), by_name)) {
    std::stable_sort(span.events.begin(), span.events.end(), by_name);
  }
  for (Link& link : span.links) {
    SortAttributes(link.attributes);
  }
}

}  // namespace

class AdjustedSource::Findings {
 public:
  explicit Findings(AdjustDialect dialect) : records_(dialect) {}

  void AddAll(std::span<const Span> spans, bool hash_now) {
    records_.BeginPart();
    for (const Span& span : spans) {
      records_.Add(span);
      if (hash_now) {
        records_.records().back().content_hash = HashContent(span);
      } else {
        unhashed_.push_back(&span);
      }
    }
  }

  // To be called before the spans added without a hash go away.
  void HashAll() {
    for (std::size_t i = 0; i < unhashed_.size(); ++i) {
      records_.records()[i].content_hash = HashContent(*unhashed_[i]);
    }
    unhashed_.clear();
  }

  // Once all spans are there.
  void Analyse(Nanoseconds max_skew) {
    std::vector<SpanRecord>& records = records_.records();
    HashRepeatedIds();
    unhashed_.clear();
    MakeSpanIdsUnique(records);
    DropDuplicates();
    CorrectClockSkew(records, max_skew);
  }

  // The record of the next span in the order of Add; of a span that was not there then, one that
  // says nothing.
  const SpanRecord& Next(const Span& span) {
    if (next_ < records_.records().size() && IsOf(records_.records()[next_], span)) {
      return records_.records()[next_++];
    }
    return FindElsewhere(span);
  }

 private:
  static bool IsOf(const SpanRecord& record, const Span& span) {
    return record.original_id == span.span_id &&
           record.start_ns == span.start_time.time_since_epoch().count() &&
           record.duration_ns == span.duration.count();
  }

  // Only spans with one id can be duplicates.
  void HashRepeatedIds() {
    if (unhashed_.empty()) {
      return;
    }
    std::vector<std::pair<SpanId, std::size_t>> by_id;
    by_id.reserve(unhashed_.size());
    for (std::size_t i = 0; i < unhashed_.size(); ++i) {
      by_id.emplace_back(unhashed_[i]->span_id, i);
    }
    std::sort(by_id.begin(), by_id.end());
    for (std::size_t i = 0; i < by_id.size(); ++i) {
      const bool repeated = (i > 0 && by_id[i - 1].first == by_id[i].first) ||
                            (i + 1 < by_id.size() && by_id[i + 1].first == by_id[i].first);
      if (repeated) {
        const std::size_t at = by_id[i].second;
        records_.records()[at].content_hash = HashContent(*unhashed_[at]);
      }
    }
  }

  void DropDuplicates() {
    std::vector<SpanRecord>& records = records_.records();
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (records[i].content_hash != 0) {
        order.push_back(i);
      }
    }
    // The first of equal ones, in the order of the trace, stays.
    const auto content = [&records](std::size_t i) {
      const SpanRecord& record = records[i];
      return std::tuple(record.content_hash, record.id, record.parent_id, record.start_ns,
                        record.duration_ns);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&content](std::size_t a, std::size_t b) { return content(a) < content(b); });
    for (std::size_t i = 1; i < order.size(); ++i) {
      records[order[i]].dropped = content(order[i - 1]) == content(order[i]);
    }
  }

  // The store may give the spans in another order, with some gone or come since.
  const SpanRecord& FindElsewhere(const Span& span) {
    const std::vector<SpanRecord>& records = records_.records();
    if (by_id_.empty()) {
      for (std::size_t i = 0; i < records.size(); ++i) {
        by_id_.emplace_back(records[i].original_id, i);
      }
      std::sort(by_id_.begin(), by_id_.end());
    }
    auto found =
        std::lower_bound(by_id_.begin(), by_id_.end(), std::pair(span.span_id, std::size_t{0}));
    for (; found != by_id_.end() && found->first == span.span_id; ++found) {
      if (IsOf(records[found->second], span)) {
        next_ = found->second + 1;
        return records[found->second];
      }
    }
    unknown_ = SpanRecord();
    unknown_.id = span.span_id;
    unknown_.parent_id = span.parent_span_id;
    return unknown_;
  }

  SpanRecords records_;
  std::vector<const Span*> unhashed_;  // the spans of the records, while they are held
  std::size_t next_ = 0;
  std::vector<std::pair<SpanId, std::size_t>> by_id_;
  SpanRecord unknown_;
};

AdjustedSource::AdjustedSource(std::unique_ptr<TraceSource> inner, Reread reread,
                               AdjustOptions options)
    : inner_(std::move(inner)), reread_(std::move(reread)), options_(options) {}

AdjustedSource::~AdjustedSource() = default;

Result<TracePart> AdjustedSource::Next() {
  for (;;) {
    auto part = second_reading_ != nullptr ? NextReread() : NextHeld();
    if (!part.ok() || part->chunk != nullptr) {
      return part;
    }
    const auto more = Gather();
    if (!more.ok()) {
      return more.error();
    }
    if (!*more) {
      return TracePart();
    }
  }
}

// Reads the next trace to its end; false when there is none.
Result<bool> AdjustedSource::Gather() {
  findings_ = std::make_unique<Findings>(options_.dialect);
  fixer_.emplace(options_.dialect, options_.max_skew);
  holding_ = true;
  begins_trace_ = true;
  if (!has_ahead_) {
    auto first = inner_->Next();
    if (!first.ok()) {
      return std::move(first).error();
    }
    ahead_ = *std::move(first);
  }
  has_ahead_ = false;
  if (ahead_.chunk == nullptr) {
    return false;
  }
  const TraceId trace_id = ahead_.chunk->trace_id();
  TracePart part = std::move(ahead_);
  do {
    if (Status held = Hold(std::move(part)); !held.ok()) {
      return std::move(held).error();
    }
    auto next = inner_->Next();
    if (!next.ok()) {
      return std::move(next).error();
    }
    part = *std::move(next);
  } while (part.chunk != nullptr && !part.begins_trace);
  ahead_ = std::move(part);
  has_ahead_ = true;
  findings_->Analyse(options_.max_skew);
  if (!holding_) {
    second_reading_ = reread_(trace_id);
  }
  return true;
}

// Makes the spans of a part what the dialect shows.
Status AdjustedSource::View(TracePart& part) const {
  Arena& arena = part.Additions();
  for (Span& span : part.chunk->spans()) {
    if (options_.dialect == AdjustDialect::kOtlp) {
      SortCollections(span);
    } else if (Status viewed = ToJaegerView(span, arena); !viewed.ok()) {
      return viewed;
    }
  }
  return {};
}

// Records the spans of a part, and keeps it where there is room.
Status AdjustedSource::Hold(TracePart part) {
  if (Status viewed = View(part); !viewed.ok()) {
    return viewed;
  }
  findings_->AddAll(part.chunk->spans(), !holding_);
  if (holding_) {
    held_bytes_ += part.chunk->arena().bytes_reserved() + part.Additions().bytes_reserved();
    held_.push_back(std::move(part));
    if (held_bytes_ > options_.max_held_bytes && held_.size() > 1) {
      LetGo();
    }
  }
  return {};
}

void AdjustedSource::LetGo() {
  findings_->HashAll();
  held_.clear();
  held_bytes_ = 0;
  holding_ = false;
}

Result<TracePart> AdjustedSource::NextHeld() {
  while (!held_.empty()) {
    TracePart part = std::move(held_.front());
    held_.pop_front();
    if (Status fixed = FixPart(part); !fixed.ok()) {
      return std::move(fixed).error();
    }
    if (part.chunk != nullptr) {
      return part;
    }
  }
  held_bytes_ = 0;
  return TracePart();
}

Result<TracePart> AdjustedSource::NextReread() {
  for (;;) {
    auto part = second_reading_->Next();
    if (!part.ok() || part->chunk == nullptr) {
      second_reading_.reset();
      return part;
    }
    if (Status viewed = View(*part); !viewed.ok()) {
      return std::move(viewed).error();
    }
    if (Status fixed = FixPart(*part); !fixed.ok()) {
      return std::move(fixed).error();
    }
    if (part->chunk != nullptr) {
      return part;
    }
  }
}

// Leaves no chunk where all its spans were dropped.
Status AdjustedSource::FixPart(TracePart& part) {
  const std::span<Span> spans = part.chunk->spans();
  std::size_t kept = 0;
  fixer_->BeginPart();
  for (Span& span : spans) {
    const SpanRecord& record = findings_->Next(span);
    if (record.dropped) {
      continue;
    }
    if (Status fixed = fixer_->Fix(span, record, part.Additions()); !fixed.ok()) {
      return fixed;
    }
    spans[kept++] = span;
  }
  if (kept == 0) {
    part.chunk.reset();
    return {};
  }
  part.chunk->Truncate(kept);
  part.begins_trace = std::exchange(begins_trace_, false);
  return {};
}

}  // namespace pugmark
