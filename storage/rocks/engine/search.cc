#include "storage/rocks/engine/search.h"

#include <algorithm>
#include <atomic>
#include <shared_mutex>

#include "common/log/log.h"
#include "storage/api/match.h"
#include "storage/rocks/engine/row_marks.h"

namespace pugmark::engine {
namespace {

constexpr std::uint32_t kHeadStretch = 4'096;  // rows looked at under one lock
constexpr std::size_t kScratchBytes = std::size_t{256} << 20;

std::atomic<std::uint64_t> damaged_parts{0};

std::int64_t Nanos(UnixTime time) { return time.time_since_epoch().count(); }

// False where no row at all can pass.
bool CanPass(const PlanNode& plan) {
  switch (plan.kind) {
    case PlanNode::Kind::kEverything:
      return true;
    case PlanNode::Kind::kLeaf:
      return !plan.columns.empty() || std::any_of(plan.whole_types.begin(), plan.whole_types.end(),
                                                  [](std::uint8_t type) { return type != 0; });
    case PlanNode::Kind::kAnd:
      return std::all_of(plan.children.begin(), plan.children.end(), CanPass);
    case PlanNode::Kind::kOr:
      return std::any_of(plan.children.begin(), plan.children.end(), CanPass);
  }
  return true;
}

bool AnyMarked(const RowMarks& marks) {
  return std::any_of(marks.begin(), marks.end(), [](std::uint8_t mark) { return mark != 0; });
}

class SearchRun {
 public:
  SearchRun(const RequestContext& context, const TraceQuery& query, SpanMatcher matcher,
            TopTraces& top)
      : context_(context),
        query_(query),
        matcher_(std::move(matcher)),
        top_(top),
        min_start_(Nanos(query.start.min)),
        max_start_(Nanos(query.start.max)),
        min_duration_(query.duration.min.count()),
        max_duration_(query.duration.max.count()),
        needs_durations_(query.duration.min != Nanoseconds::min() ||
                         query.duration.max != Nanoseconds::max()) {}

  Status SearchHead(const HeadSlice& slice) {
    const Head& head = *slice.head;
    Result<QueryPlan> plan = PlanHead(head);
    if (!plan) {
      return plan.error();
    }
    if (!plan->has_types || !CanPass(plan->filter)) {
      return {};
    }
    for (std::uint32_t end = slice.rows; end > 0;) {
      const std::uint32_t first = end > kHeadStretch ? end - kHeadStretch : 0;
      if (Status alive = CheckAlive(context_); !alive) {
        return alive;
      }
      const std::shared_lock reading(head.mutex());
      if (Status status = SearchRows(head, first, end, *plan); !status) {
        return status;
      }
      end = first;
    }
    return {};
  }

  Status SearchSegment(const SegmentRef& ref) {
    Status status = SearchSegmentParts(*ref.segment, ref.segment);
    if (!status && status.error().code == ErrorCode::kDataLoss) {
      CountDamagedPart(ref.entry.id, status.error());
      return {};
    }
    return status;
  }

 private:
  Result<QueryPlan> PlanHead(const Head& head) {
    const std::shared_lock reading(head.mutex());
    return MakePlan(
        query_, context_.tenant, head.schema(),
        [&head](std::uint32_t number) -> Result<DictionaryView> {
          const HeadColumn& column = head.columns[number];
          return DictionaryView{column.numbers, column.texts.texts(), !column.words.empty()};
        });
  }

  Status SearchRows(const Head& head, std::uint32_t first, std::uint32_t end,
                    const QueryPlan& plan) {
    RowMarks marks(end - first);
    for (std::uint32_t i = 0; i < marks.size(); ++i) {
      const HeadRow& row = head.rows[first + i];
      marks[i] = plan.types[row.type] != 0 && Fits(row.start_ns, row.duration_ns) ? 1 : 0;
    }
    if (!AnyMarked(marks)) {
      return {};
    }
    MarkHeadRows(head, first, plan.filter, marks);
    Arena arena(kScratchBytes);
    SpanAssembler assembler(head.schema(), arena);
    for (std::size_t i = marks.size(); i-- > 0;) {
      const HeadRow& row = head.rows[first + i];
      if (marks[i] == 0 || row.start_ns < top_.cutoff_ns()) {
        continue;
      }
      if (plan.needs_matcher) {
        HeadRowSource source(head, static_cast<std::uint32_t>(first + i));
        Span span;
        if (!assembler.Assemble(source.Core(), source, span)) {
          return Error{ErrorCode::kInternal, "search: a span of the head cannot be put together"};
        }
        if (!matcher_.Matches(span)) {
          continue;
        }
      }
      top_.Add(head.traces[row.trace].id, row.start_ns);
    }
    return {};
  }

  Status SearchSegmentParts(Segment& segment, const std::shared_ptr<Segment>& shared) {
    const Result<const SegmentHeader*> header = segment.Header();
    if (!header) {
      return header.error();
    }
    Result<std::shared_ptr<SegmentTables>> tables = segment.Tables();
    if (!tables) {
      return tables.error();
    }
    const SegmentSchema& full = (*tables)->full();
    Result<QueryPlan> plan = MakePlan(
        query_, context_.tenant, full.schema, [&](std::uint32_t column) -> Result<DictionaryView> {
          const Result<const Dictionary*> dictionary = (*tables)->DictionaryOf(column);
          if (!dictionary) {
            return dictionary.error();
          }
          return DictionaryView{(*dictionary)->numbers, (*dictionary)->texts,
                                full.has_plain[column]};
        });
    if (!plan) {
      return plan.error();
    }
    if (!plan->has_types || !CanPass(plan->filter)) {
      return {};
    }
    const Result<GroupSieve> sieve = GroupSieve::Make(segment, full.schema, plan->filter);
    if (!sieve) {
      return sieve.error();
    }
    for (const std::size_t index : NewestFirst(**header)) {
      const GroupBounds& bounds = (*header)->groups[index];
      if (bounds.max_start_ns < std::max(min_start_, top_.RefreshCutoff())) {
        break;
      }
      if (bounds.min_start_ns > max_start_ ||
          full.schema.tenants[bounds.tenant] != context_.tenant || !sieve->MayPass(index)) {
        continue;
      }
      if (Status alive = CheckAlive(context_); !alive) {
        return alive;
      }
      RowGroup group(shared, *tables, **header, index);
      Status status = SearchGroup(group, *plan);
      if (!status && status.error().code == ErrorCode::kDataLoss) {
        CountDamagedPart(segment.id(), status.error());
      } else if (!status) {
        return status;
      }
    }
    return {};
  }

  static std::vector<std::size_t> NewestFirst(const SegmentHeader& header) {
    std::vector<std::size_t> order(header.groups.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i] = i;
    }
    std::sort(order.begin(), order.end(), [&header](std::size_t a, std::size_t b) {
      return header.groups[a].max_start_ns > header.groups[b].max_start_ns;
    });
    return order;
  }

  Status SearchGroup(RowGroup& group, const QueryPlan& plan) {
    if (Status status = group.LoadTypes(); !status) {
      return status;
    }
    RowMarks marks(group.rows());
    for (std::uint32_t row = 0; row < group.rows(); ++row) {
      marks[row] = plan.types[group.types()[row]];
    }
    if (!AnyMarked(marks)) {
      return {};
    }
    if (Status status = MarkGroupRows(group, plan.filter, marks); !status) {
      return status;
    }
    if (!AnyMarked(marks)) {
      return {};
    }
    if (Status status = group.LoadStarts(); !status) {
      return status;
    }
    if (needs_durations_) {
      if (Status status = group.LoadDurations(); !status) {
        return status;
      }
    }
    return plan.needs_matcher ? MatchMarked(group, marks) : TakeMarked(group, marks);
  }

  [[nodiscard]] bool Fits(std::int64_t start, std::int64_t duration) const {
    return start >= min_start_ && start <= max_start_ && duration >= min_duration_ &&
           duration <= max_duration_;
  }
  [[nodiscard]] bool RowFits(const RowGroup& group, std::uint32_t entry, std::uint32_t row) const {
    const std::int64_t start = group.start_ns(entry, row);
    return start >= top_.cutoff_ns() &&
           Fits(start, needs_durations_ ? group.durations()[row] : min_duration_);
  }

  Status TakeMarked(const RowGroup& group, const RowMarks& marks) {
    for (std::uint32_t entry = 0; entry < group.entries(); ++entry) {
      // Rows of an entry ascend: the last that fits is the newest.
      for (std::uint32_t row = group.end_row(entry); row-- > group.first_row(entry);) {
        if (marks[row] != 0 && RowFits(group, entry, row)) {
          top_.Add(group.trace_id(entry), group.start_ns(entry, row));
          break;
        }
      }
    }
    return {};
  }

  Status MatchMarked(RowGroup& group, const RowMarks& marks) {
    std::optional<RowCursor> cursor;
    Arena arena(kScratchBytes);
    SpanAssembler assembler(group.schema(), arena);
    for (std::uint32_t entry = 0; entry < group.entries(); ++entry) {
      for (std::uint32_t row = group.first_row(entry); row < group.end_row(entry); ++row) {
        if (marks[row] == 0 || !RowFits(group, entry, row)) {
          continue;
        }
        if (!cursor) {
          if (Status status = group.LoadAll(); !status) {
            return status;
          }
          cursor.emplace(group);
        }
        Span span;
        if (Status status = cursor->Assemble(row, assembler, span); !status) {
          return status;
        }
        if (matcher_.Matches(span)) {
          top_.Add(group.trace_id(entry), group.start_ns(entry, row));
        }
      }
    }
    return {};
  }

  const RequestContext& context_;
  const TraceQuery& query_;
  const SpanMatcher matcher_;
  TopTraces& top_;
  const std::int64_t min_start_;
  const std::int64_t max_start_;
  const std::int64_t min_duration_;
  const std::int64_t max_duration_;
  const bool needs_durations_;
};

}  // namespace

Status CheckAlive(const RequestContext& context) {
  if (context.stop.stop_requested()) {
    return Error{ErrorCode::kCancelled, "the client has gone"};
  }
  if (context.Expired()) {
    return Error{ErrorCode::kDeadlineExceeded, "the request's deadline has passed"};
  }
  return {};
}

std::uint64_t DamagedParts() { return damaged_parts.load(std::memory_order_relaxed); }

void CountDamagedPart(std::uint64_t segment, const Error& error) {
  damaged_parts.fetch_add(1, std::memory_order_relaxed);
  PUGMARK_LOG_THROTTLED(LogLevel::kError, "a damaged part of the store is left out",
                        {"segment", segment}, {"error", error.message});
}

namespace {

// Looks at everything that can still change `top`.
Status Scan(const RequestContext& context, const StoreView& view, const TraceQuery& query,
            TopTraces& top) {
  Result<SpanMatcher> matcher = SpanMatcher::Compile(query);
  if (!matcher) {
    return matcher.error();
  }
  SearchRun run(context, query, std::move(*matcher), top);
  for (const HeadSlice& head : view.heads) {
    if (Status status = run.SearchHead(head); !status) {
      return status;
    }
  }
  for (const SegmentRef& segment : *view.segments) {
    const std::int64_t oldest = std::max(Nanos(query.start.min), top.RefreshCutoff());
    if (segment.entry.max_start_ns < oldest) {
      break;  // and so are all that follow
    }
    if (segment.entry.min_start_ns > Nanos(query.start.max)) {
      continue;
    }
    if (Status status = run.SearchSegment(segment); !status) {
      return status;
    }
  }
  return {};
}

// The traces of the pages before: those with a matching span that ranks them before the cursor or
// at it. Such a span need not be the first that a scan comes across.
Result<std::unordered_set<TraceId>> ShownBefore(const RequestContext& context,
                                                const StoreView& view, const TraceQuery& query,
                                                const TraceRank& after) {
  TraceQuery newer = query;
  newer.start.min = std::max(newer.start.min, UnixTime(Nanoseconds(after.newest_ns)));
  TopTraces all(std::numeric_limits<std::size_t>::max());
  if (Status status = Scan(context, view, newer, all); !status) {
    return status.error();
  }
  std::unordered_set<TraceId> shown;
  for (const TraceRank& rank : all.Take()) {
    if (!after.IsBefore(rank)) {
      shown.insert(rank.trace_id);
    }
  }
  return shown;
}

}  // namespace

Result<SearchPage> Search(const RequestContext& context, const StoreView& view,
                          const TraceQuery& query) {
  // Also where nothing is looked at, a bad filter is told.
  if (Result<SpanMatcher> matcher = SpanMatcher::Compile(query); !matcher) {
    return matcher.error();
  }
  std::optional<TraceRank> after;
  if (!query.cursor.empty()) {
    const Result<TraceRank> rank = TraceRank::FromCursor(query.cursor);
    if (!rank) {
      return rank.error();
    }
    after = *rank;
  }
  if (Status alive = CheckAlive(context); !alive) {
    return alive.error();
  }
  SearchPage page;
  if (query.limit == 0) {
    return page;
  }
  TraceQuery scanned = query;
  std::unordered_set<TraceId> shown;
  if (after) {
    Result<std::unordered_set<TraceId>> before = ShownBefore(context, view, query, *after);
    if (!before) {
      return before.error();
    }
    shown = std::move(*before);
    scanned.start.max = std::min(scanned.start.max, UnixTime(Nanoseconds(after->newest_ns)));
  }
  // One more than asked for tells whether there is another page.
  const std::size_t most =
      query.limit == std::numeric_limits<std::size_t>::max() ? query.limit : query.limit + 1;
  TopTraces top(most, std::move(shown));
  if (Status status = Scan(context, view, scanned, top); !status) {
    return status.error();
  }
  page.hits = top.Take();
  if (page.hits.size() > query.limit) {
    page.hits.resize(query.limit);
    page.cursor = page.hits.back().ToCursor();
  }
  return page;
}

}  // namespace pugmark::engine
