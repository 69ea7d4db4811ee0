#include "storage/memory/search.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "storage/api/match.h"

namespace pugmark {
namespace {

// Where a trace stands in a result: newest matching span first; ids break ties, so that pages meet
// without gap or overlap.
struct Rank {
  UnixTime newest;
  TraceId trace_id;

  [[nodiscard]] bool IsBefore(const Rank& other) const {
    return newest != other.newest ? newest > other.newest : trace_id < other.trace_id;
  }
};

struct Match {
  Rank rank;
  TraceView view;
};

bool RanksBefore(const Match& a, const Match& b) { return a.rank.IsBefore(b.rank); }

// The rank of the last trace of a page, as text.
std::string FormatCursor(const Rank& rank) {
  return std::to_string(rank.newest.time_since_epoch().count()) + "." + Hex16(rank.trace_id.high) +
         Hex16(rank.trace_id.low);
}

Result<Rank> ParseCursor(std::string_view cursor) {
  const Error malformed = InvalidArgument("cursor: not one of this store");
  const std::size_t dot = cursor.find('.');
  if (dot == std::string_view::npos || cursor.size() - dot != 33) {
    return malformed;
  }
  std::int64_t nanoseconds = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + dot, nanoseconds);
  Rank rank{UnixTime(Nanoseconds(nanoseconds)), {}};
  if (error != std::errc() || end != cursor.data() + dot ||
      !ParseHex(cursor.substr(dot + 1, 16), rank.trace_id.high) ||
      !ParseHex(cursor.substr(dot + 17), rank.trace_id.low)) {
    return malformed;
  }
  return rank;
}

// The best matches so far, at most `most` of them.
class BestMatches {
 public:
  explicit BestMatches(std::size_t most) : most_(most) {}

  // Whether a trace whose newest span is no newer than `newest` is behind all of a full set.
  [[nodiscard]] bool IsBehindAll(UnixTime newest) const {
    return matches_.size() == most_ && newest < matches_.front().rank.newest;
  }

  void Add(Match match) {
    matches_.push_back(std::move(match));
    std::push_heap(matches_.begin(), matches_.end(), RanksBefore);
    if (matches_.size() > most_) {
      std::pop_heap(matches_.begin(), matches_.end(), RanksBefore);
      matches_.pop_back();
    }
  }

  std::vector<Match> TakeSorted() {
    std::sort_heap(matches_.begin(), matches_.end(), RanksBefore);
    return std::move(matches_);
  }

 private:
  const std::size_t most_;
  std::vector<Match> matches_;  // a heap with the last in front
};

std::optional<UnixTime> NewestMatch(const TraceView& view, const SpanMatcher& matcher) {
  std::optional<UnixTime> newest;
  view.ForEachSpan([&](const Span& span) {
    if ((!newest || span.start_time > *newest) && matcher.Matches(span)) {
      newest = span.start_time;
    }
  });
  return newest;
}

SearchResult CutPage(std::vector<Match> matches, std::size_t limit) {
  SearchResult result;
  if (matches.size() > limit) {
    matches.resize(limit);
    result.cursor = FormatCursor(matches.back().rank);
  }
  result.traces.reserve(matches.size());
  for (Match& match : matches) {
    result.traces.push_back(std::move(match.view));
  }
  return result;
}

}  // namespace

Result<SearchResult> SearchTraces(const TraceTable& table, const RequestContext& context,
                                  const TraceQuery& query) {
  Result<SpanMatcher> matcher = SpanMatcher::Compile(query);
  if (!matcher) {
    return std::move(matcher.error());
  }
  std::optional<Rank> after;
  if (!query.cursor.empty()) {
    Result<Rank> parsed = ParseCursor(query.cursor);
    if (!parsed) {
      return std::move(parsed.error());
    }
    after = *parsed;
  }
  if (query.limit == 0) {
    return SearchResult();
  }
  // One more than asked for tells whether there is another page.
  const std::size_t most =
      query.limit == std::numeric_limits<std::size_t>::max() ? query.limit : query.limit + 1;
  BestMatches best(most);
  for (const auto& [trace, newest] :
       table.Candidates(context.tenant, query.service, query.start.min)) {
    if (best.IsBehindAll(newest)) {
      break;
    }
    if (Status alive = context.Check(); !alive) {
      return std::move(alive.error());
    }
    TraceView view = trace->View();
    const std::optional<UnixTime> start =
        view.start() <= query.start.max ? NewestMatch(view, *matcher) : std::nullopt;
    if (!start) {
      continue;
    }
    const Rank rank{*start, trace->trace_id()};
    if (!after || after->IsBefore(rank)) {
      best.Add({rank, std::move(view)});
    }
  }
  return CutPage(best.TakeSorted(), query.limit);
}

}  // namespace pugmark
