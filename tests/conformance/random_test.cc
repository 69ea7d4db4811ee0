// Random spans come back equal; random queries find what looking at every span finds.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "storage/api/match.h"
#include "tests/conformance/backend.h"
#include "tests/conformance/search_fixture.h"
#include "tests/support/random_spans.h"
#include "tests/support/storage_access.h"

namespace pugmark::testing {
namespace {

constexpr std::uint64_t kTraces = 120;
constexpr Nanoseconds kWindow = std::chrono::hours(1);

std::vector<TestSpan> MakeSpans(RandomSpans& random, std::size_t count) {
  std::vector<TestSpan> spans;
  while (spans.size() < count) {
    spans.push_back(random.OneIn(10) && !spans.empty() ? spans[random.Below(spans.size())]
                                                       : random.Next(kTraces, kWindow));
  }
  return spans;
}

// In batches of random size.
void WriteAll(TestStore& store, RandomSpans& random, const std::vector<TestSpan>& spans) {
  for (std::size_t from = 0; from < spans.size();) {
    const std::size_t to = std::min(spans.size(), from + 1 + random.Below(60));
    MustWrite(*store, {spans.begin() + long(from), spans.begin() + long(to)});
    from = to;
  }
}

// What the store should hold: every distinct span, by trace.
std::map<TraceId, std::vector<const Span*>> Distinct(std::span<const Span> spans) {
  std::map<TraceId, std::vector<const Span*>> traces;
  for (const Span& span : spans) {
    auto& trace = traces[span.trace_id];
    if (std::none_of(trace.begin(), trace.end(),
                     [&](const Span* known) { return SameSpan(*known, span); })) {
      trace.push_back(&span);
    }
  }
  return traces;
}

FilterValue RandomLiteral(RandomSpans& random) {
  switch (random.Below(4)) {
    case 0:
      return random.OneIn(2);
    case 1:
      return static_cast<std::int64_t>(random.Below(5)) - 2;
    case 2:
      return 0.5 * static_cast<double>(random.Below(5));
    default:
      return "value-" + std::to_string(random.Below(4));
  }
}

FilterNode RandomLeaf(RandomSpans& random) {
  if (random.OneIn(3)) {
    Arena arena(1 << 16);
    return Tag(random.Key(), ValueAsJaegerText(random.ScalarValue().Build(arena)));
  }
  constexpr std::array kOps{FilterOp::kEq, FilterOp::kNe,     FilterOp::kGt,   FilterOp::kLte,
                            FilterOp::kIn, FilterOp::kExists, FilterOp::kRegex};
  constexpr std::array kLevels{FilterLevel::kAny,   FilterLevel::kJaegerTag, FilterLevel::kSpan,
                               FilterLevel::kScope, FilterLevel::kResource,  FilterLevel::kEvent,
                               FilterLevel::kLink};
  const FilterOp op = kOps[random.Below(kOps.size())];
  FilterNode leaf = Attr(op, kLevels[random.Below(kLevels.size())], random.Key(), {});
  if (op == FilterOp::kRegex) {
    leaf.values = {"lue-[0-1]"};
  } else if (op != FilterOp::kExists) {
    leaf.values = {RandomLiteral(random)};
    leaf.as_text = random.OneIn(3);
  }
  return leaf;
}

FilterNode RandomFilter(RandomSpans& random, int depth) {
  if (depth == 0 || random.OneIn(2)) {
    return RandomLeaf(random);
  }
  const FilterNode child = RandomFilter(random, depth - 1);
  switch (random.Below(4)) {
    case 0:
      return Not(child);
    case 1:
      return Or({child, RandomFilter(random, depth - 1)});
    case 2:
      return Some(random.OneIn(2) ? FilterLevel::kEvent : FilterLevel::kLink, {child});
    default:
      return And({child, RandomFilter(random, depth - 1)});
  }
}

TraceQuery RandomQuery(RandomSpans& random, const Capabilities& can) {
  const auto moment = [&random] {
    return kTestTime + Nanoseconds(random.Below(static_cast<std::uint64_t>(kWindow.count())));
  };
  TraceQuery query;
  if (!can.without_service || !random.OneIn(4)) {
    query.service = random.ServiceName();
  }
  if (random.OneIn(3)) {
    query.operation = random.OperationName();
  }
  if (random.OneIn(2)) {
    query.filter = RandomFilter(random, 3);
    if (!CanFilter(can, query.filter)) {
      query.filter = Tag(random.Key(), "value-" + std::to_string(random.Below(4)));
    }
  }
  if (random.OneIn(3)) {
    query.start.min = moment();
  }
  if (random.OneIn(3)) {
    query.start.max = moment();
  }
  if (random.OneIn(4)) {
    query.duration.min = Nanoseconds(random.Below(1'000'000'000));
  }
  if (random.OneIn(4)) {
    query.duration.max = Nanoseconds(random.Below(1'000'000'000));
  }
  query.limit = 1 + random.Below(150);
  return query;
}

// The starts of the newest matching spans, by trace.
std::map<TraceId, UnixTime> Matches(const std::map<TraceId, std::vector<const Span*>>& traces,
                                    const TraceQuery& query) {
  const Result<SpanMatcher> matcher = SpanMatcher::Compile(query);
  REQUIRE(matcher.ok());
  std::map<TraceId, UnixTime> found;
  for (const auto& [id, spans] : traces) {
    for (const Span* const span : spans) {
      if (matcher->Matches(*span)) {
        found[id] = std::max(found.contains(id) ? found[id] : kMinTime, span->start_time);
      }
    }
  }
  return found;
}

// Starts decide the order; where they are equal, any order is right.
void CheckFound(const std::vector<TraceId>& ids, std::map<TraceId, UnixTime> matches,
                std::size_t limit) {
  CHECK(ids.size() == std::min(limit, matches.size()));
  std::vector<UnixTime> starts;
  for (const TraceId& id : ids) {
    REQUIRE(matches.contains(id));
    starts.push_back(matches[id]);
    matches.erase(id);
  }
  CHECK(std::is_sorted(starts.rbegin(), starts.rend()));
  for (const auto& [id, start] : matches) {
    CHECK(start <= starts.back());
  }
}

TEST_CASE("random: spans of the whole model come back equal", "[random]") {
  TestStore store(EachBackend());
  RandomSpans random(GENERATE(1, 2, 3));
  const std::vector<TestSpan> spans = MakeSpans(random, 1500);
  WriteAll(store, random, spans);
  const auto batch = MakeBatch(spans);
  for (const auto& [id, expected] : Distinct(batch->spans())) {
    CAPTURE(id);
    CHECK(SameSpans(MustReadTrace(store.reader(), id).spans, expected));
  }
}

TEST_CASE("random: queries find what looking at every span finds", "[random]") {
  TestStore store(EachBackend());
  const int seed = GENERATE(11, 12, 13, 14);
  RandomSpans random(static_cast<std::uint64_t>(seed));
  const std::vector<TestSpan> spans = MakeSpans(random, 1000);
  WriteAll(store, random, spans);
  const auto batch = MakeBatch(spans);
  const auto traces = Distinct(batch->spans());
  std::size_t with_result = 0;
  for (int i = 0; i < 150; ++i) {
    CAPTURE(seed, i);
    const TraceQuery query = RandomQuery(random, store.can());
    const auto page = store.reader().FindTraceIds({}, query);
    REQUIRE(page.ok());
    const auto matches = Matches(traces, query);
    if (store.can().newest_first && store.can().exact_limit) {
      CheckFound(IdsOf(page->items), matches, query.limit);
    } else {
      for (const TraceId& id : IdsOf(page->items)) {
        CHECK(matches.contains(id));
      }
    }
    with_result += matches.empty() ? 0 : 1;
  }
  CHECK(with_result > 30);  // the questions are not all idle
}

}  // namespace
}  // namespace pugmark::testing
