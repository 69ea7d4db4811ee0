#include "storage/rocks/trace_search.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "common/base/hex.h"
#include "storage/rocks/block_scan.h"
#include "storage/rocks/flat_map.h"
#include "storage/rocks/span_decoder.h"
#include "storage/rocks/trace_row.h"

namespace pugmark::rocks {
namespace {

constexpr std::size_t kMatchArenaBytes = std::size_t{256} << 20;

bool RanksBefore(const SearchHit& a, const SearchHit& b) {
  return a.newest != b.newest ? a.newest > b.newest : a.trace_id < b.trace_id;
}

// The rows to go through: those of the narrowest thing that the query names.
std::string PrefixFor(const std::string& tenant, const TraceQuery& query) {
  if (!query.service) {
    return TimePrefix(RowKind::kTenantTime, tenant, 0);
  }
  const std::uint64_t service = HashName(*query.service);
  return query.operation
             ? TimePrefix(RowKind::kOperationTime, tenant, HashOperation(service, *query.operation))
             : TimePrefix(RowKind::kServiceTime, tenant, service);
}

// One run of a search.
class SearchRun {
 public:
  SearchRun(const ReadScope& scope, View& view, const TraceQuery& query, SpanMatcher matcher,
            std::optional<SearchPosition> after)
      : scope_(scope),
        query_(query),
        matcher_(std::move(matcher)),
        after_(after),
        // One more than asked for tells whether there is another page.
        most_(query.limit + (query.limit < SIZE_MAX ? 1 : 0)),
        scan_(scope, view, PrefixFor(scope.context.tenant, query), query.start) {}

  Status Go();
  [[nodiscard]] SearchPage TakePage();

 private:
  // Whether spans behind the row can have the duration asked for.
  [[nodiscard]] bool IsWanted(const IndexRow& row) const {
    return row.bounds.shortest <= query_.duration.max && row.bounds.longest >= query_.duration.min;
  }
  // Whether no span that starts at `newest` or earlier can change the page.
  [[nodiscard]] bool IsComplete(UnixTime newest);
  Status MatchSpans(const Block& block);
  // What can be told without decoding.
  [[nodiscard]] bool MayMatch(const Block& block, const SpanRecord& record) const;
  void Found(TraceId trace_id, UnixTime start);
  [[nodiscard]] bool IsAfter(const SearchHit& hit) const {
    return !after_ || RanksBefore({after_->trace_id, after_->newest}, hit);
  }
  [[nodiscard]] std::size_t bytes_held() const {
    return scan_.bytes() + positions_.bytes() + hits_.capacity() * sizeof(SearchHit);
  }

  const ReadScope& scope_;
  const TraceQuery& query_;
  const SpanMatcher matcher_;
  const std::optional<SearchPosition> after_;
  const std::size_t most_;
  BlockScan scan_;

  std::vector<SearchHit> hits_;
  FlatMap<TraceId, std::uint32_t, HashTraceId> positions_;  // in hits_
  std::vector<UnixTime> ranks_;                             // scratch of IsComplete
  std::optional<UnixTime> last_rank_;  // start of the last trace of a full page
  bool has_changed_ = false;           // hits_, since last_rank_ was taken
};

Status SearchRun::Go() {
  while (true) {
    Result<std::optional<IndexRow>> row = scan_.Next();
    if (!row) {
      return std::move(row.error()).Wrap("search");
    }
    if (!*row || IsComplete((*row)->bounds.newest)) {
      return {};
    }
    if (!IsWanted(**row)) {
      continue;
    }
    Result<Block*> block = scan_.Load(**row);
    if (!block) {
      return std::move(block.error()).Wrap("search");
    }
    if (*block == nullptr) {
      continue;
    }
    if (Status matched = MatchSpans(**block); !matched) {
      return std::move(matched.error()).Wrap("search");
    }
    if (Status status = scope_.MayHold(bytes_held()); !status) {
      return status;
    }
  }
}

bool SearchRun::IsComplete(UnixTime newest) {
  if (hits_.size() < most_) {
    return false;
  }
  if (has_changed_) {
    ranks_.clear();
    for (const SearchHit& hit : hits_) {
      if (IsAfter(hit)) {
        ranks_.push_back(hit.newest);
      }
    }
    last_rank_.reset();
    if (ranks_.size() >= most_) {
      const auto last = ranks_.begin() + static_cast<std::ptrdiff_t>(most_ - 1);
      std::nth_element(ranks_.begin(), last, ranks_.end(), std::greater<>());
      last_rank_ = *last;
    }
    has_changed_ = false;
  }
  return last_rank_ && *last_rank_ > newest;
}

Status SearchRun::MatchSpans(const Block& block) {
  Arena arena(std::min(kMatchArenaBytes, scope_.context.byte_budget));
  SpanDecoder decoder(block, arena, SpanDecoder::Texts::kInBlock);
  const bool needs_whole_span = !query_.filter.IsTrivial();
  for (std::size_t i = 0; i < block.span_count(); ++i) {
    const SpanRecord record = block.span(i);
    if (!MayMatch(block, record)) {
      continue;
    }
    if (needs_whole_span) {
      Span span;
      if (Status status = decoder.Decode(record, span); !status) {
        return status;
      }
      if (!matcher_.Matches(span)) {
        continue;
      }
    }
    Found(record.trace_id(), record.start_time());
  }
  return {};
}

bool SearchRun::MayMatch(const Block& block, const SpanRecord& record) const {
  if (!query_.start.Contains(record.start_time()) || !query_.duration.Contains(record.duration()) ||
      (query_.service && *query_.service != block.ServiceName(record)) ||
      (query_.operation && *query_.operation != record.name())) {
    return false;
  }
  const std::uint32_t* const position = positions_.Get(record.trace_id());
  return position == nullptr || hits_[*position].newest < record.start_time();
}

void SearchRun::Found(TraceId trace_id, UnixTime start) {
  const auto [position, is_new] = positions_.Insert(trace_id);
  if (is_new) {
    position = static_cast<std::uint32_t>(hits_.size());
    hits_.push_back({trace_id, start});
  } else {
    hits_[position].newest = std::max(hits_[position].newest, start);
  }
  has_changed_ = true;
}

SearchPage SearchRun::TakePage() {
  SearchPage page;
  page.hits = std::move(hits_);
  std::erase_if(page.hits, [this](const SearchHit& hit) { return !IsAfter(hit); });
  std::sort(page.hits.begin(), page.hits.end(), RanksBefore);
  if (page.hits.size() > query_.limit) {
    page.hits.resize(query_.limit);
    page.has_more = true;
  }
  return page;
}

}  // namespace

std::string SearchPosition::ToCursor() const {
  return Hex16(OrderedTime(newest)) + Hex16(trace_id.high) + Hex16(trace_id.low);
}

Result<SearchPosition> SearchPosition::FromCursor(const std::string& cursor) {
  constexpr std::size_t kDigits = 16;
  const std::string_view text(cursor);
  std::uint64_t parts[3] = {};
  bool ok = text.size() == 3 * kDigits;
  for (std::size_t i = 0; ok && i < 3; ++i) {
    ok = ParseHex(text.substr(i * kDigits, kDigits), parts[i]);
  }
  if (!ok) {
    return InvalidArgument("cursor: not one of this store");
  }
  return SearchPosition{TimeFromInverted(~parts[0]), TraceId{parts[1], parts[2]}};
}

Result<SearchPage> Search(const ReadScope& scope, View& view, const TraceQuery& query) {
  Result<SpanMatcher> matcher = SpanMatcher::Compile(query);
  if (!matcher) {
    return std::move(matcher.error());
  }
  std::optional<SearchPosition> after;
  if (!query.cursor.empty()) {
    Result<SearchPosition> position = SearchPosition::FromCursor(query.cursor);
    if (!position) {
      return std::move(position.error());
    }
    after = *position;
  }
  if (query.limit == 0) {
    return SearchPage{};
  }
  SearchRun run(scope, view, query, std::move(*matcher), after);
  if (Status status = run.Go(); !status) {
    return std::move(status.error());
  }
  return run.TakePage();
}

}  // namespace pugmark::rocks
