// How many traces a search returns, in which order, and how pages meet.
#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "tests/conformance/backend.h"
#include "tests/support/storage_access.h"

namespace pugmark::testing {
namespace {

// Traces 1 to `count` of one service, each a second newer than the one before it.
std::vector<TestSpan> Row(std::uint64_t count) {
  std::vector<TestSpan> spans;
  for (std::uint64_t i = 1; i <= count; ++i) {
    spans.push_back({.trace_id = {0, i}, .start_time = kTestTime + std::chrono::seconds(i)});
  }
  return spans;
}

std::vector<TraceId> Newest(std::uint64_t from, std::uint64_t to) {
  std::vector<TraceId> ids;
  for (std::uint64_t i = from; i >= to; --i) {
    ids.push_back({0, i});
  }
  return ids;
}

std::vector<TraceId> Find(TestStore& store, const TraceQuery& query) {
  const auto ids = IdsOf(MustReadAll(store.reader().FindTraces({}, query)));
  const auto page = store.reader().FindTraceIds({}, query);
  REQUIRE(page.ok());
  CHECK(IdsOf(page->items) == ids);
  return ids;
}

TEST_CASE("search: the limit is the limit, and the newest traces count", "[search]") {
  TestStore store(EachBackend());
  const std::uint64_t traces = 50;
  std::vector<TestSpan> spans = Row(traces);
  SECTION("written from the oldest") { MustWrite(*store, spans); }
  SECTION("written from the newest") {
    std::reverse(spans.begin(), spans.end());
    MustWrite(*store, spans);
  }
  SECTION("written one by one") {
    for (const TestSpan& span : spans) {
      MustWrite(*store, {span});
    }
  }
  const auto found = [&](std::size_t limit) {
    return Find(store, {.service = "service", .limit = limit});
  };
  if (store.can().newest_first && store.can().exact_limit) {
    CHECK(found(0).empty());
    CHECK(found(1) == Newest(traces, traces));
    CHECK(found(20) == Newest(traces, traces - 19));
    CHECK(found(traces - 1) == Newest(traces, 2));
    CHECK(found(traces) == Newest(traces, 1));
    CHECK(found(traces + 1) == Newest(traces, 1));
    CHECK(found(std::numeric_limits<std::size_t>::max()) == Newest(traces, 1));
  } else {
    CHECK(found(20).size() <= 20);
  }
}

TEST_CASE("search: the newest matching span decides, not the newest of the trace", "[search]") {
  TestStore store(EachBackend());
  if (!store.can().newest_first) {
    return;
  }
  const auto at = [](int second) { return kTestTime + std::chrono::seconds(second); };
  MustWrite(*store, {{.trace_id = {0, 1}, .span_id = 1, .start_time = at(1), .name = "wanted"},
                     {.trace_id = {0, 1}, .span_id = 2, .start_time = at(9), .name = "other"},
                     {.trace_id = {0, 2}, .span_id = 1, .start_time = at(2), .name = "wanted"},
                     {.trace_id = {0, 3}, .span_id = 1, .start_time = at(0), .name = "wanted"},
                     {.trace_id = {0, 3}, .span_id = 2, .start_time = at(5), .name = "wanted"}});
  TraceQuery query{.service = "service", .operation = "wanted"};
  CHECK(Find(store, query) == std::vector<TraceId>{{0, 3}, {0, 2}, {0, 1}});
  query.limit = 1;
  CHECK(Find(store, query) == std::vector<TraceId>{{0, 3}});
  query.start.max = at(4);
  CHECK(Find(store, query) == std::vector<TraceId>{{0, 2}});
  query.operation.reset();
  query.start.max = kMaxTime;
  CHECK(Find(store, query) == std::vector<TraceId>{{0, 1}});
}

TEST_CASE("search: a found trace comes whole", "[search]") {
  TestStore store(EachBackend());
  std::vector<TestSpan> spans;
  for (std::uint64_t i = 0; i < 100; ++i) {
    spans.push_back({.trace_id = {0, 1 + i % 2},
                     .span_id = 1 + i,
                     .start_time = kTestTime + std::chrono::hours(i),
                     .name = i < 2 ? "needle" : "hay",
                     .resource = {.service_name = i < 2 ? "wanted" : "service"}});
  }
  MustWrite(*store, spans);
  const auto traces = MustReadAll(store.reader().FindTraces(
      {}, {.service = "wanted", .operation = "needle", .start = {kTestTime, kTestTime}}));
  REQUIRE(IdsOf(traces) == std::vector<TraceId>{{0, 1}});
  CHECK(traces.front().spans.size() == 50);
}

TEST_CASE("search: ids come with the bounds of their traces", "[search]") {
  TestStore store(EachBackend());
  using std::chrono::seconds;
  MustWrite(*store, {{.span_id = 1, .start_time = kTestTime, .duration = seconds(9)},
                     {.span_id = 2, .start_time = kTestTime + seconds(5), .duration = seconds(1)}});
  const auto page = store.reader().FindTraceIds({}, {.service = "service"});
  REQUIRE(page.ok());
  REQUIRE(page->items.size() == 1);
  CHECK(page->items.front().start == kTestTime);
  CHECK(page->items.front().end == kTestTime + seconds(9));
}

TEST_CASE("search: pages meet without gap or overlap", "[search]") {
  TestStore store(EachBackend());
  if (!store.can().cursors) {
    CHECK(
        IsUnimplemented(store.reader().FindTraceIds({}, {.service = "service", .cursor = "any"})));
    return;
  }
  const std::uint64_t traces = 23;
  std::vector<TestSpan> spans = Row(traces);
  SECTION("all starts differ") {}
  SECTION("all starts are the same") {
    for (TestSpan& span : spans) {
      span.start_time = kTestTime;
    }
  }
  SECTION("some starts are the same") {
    for (TestSpan& span : spans) {
      span.start_time = kTestTime + std::chrono::seconds(span.trace_id.low / 4);
    }
  }
  MustWrite(*store, spans);
  for (const std::size_t limit : {1U, 4U, 22U, 23U, 24U}) {
    CAPTURE(limit);
    std::vector<TraceId> all;
    TraceQuery query{.service = "service", .limit = limit};
    std::size_t pages = 0;
    do {
      const auto page = store.reader().FindTraceIds({}, query);
      REQUIRE(page.ok());
      const std::vector<TraceId> ids = IdsOf(page->items);
      CHECK(ids.size() <= limit);
      all.insert(all.end(), ids.begin(), ids.end());
      query.cursor = page->cursor;
      REQUIRE(++pages <= traces);
    } while (!query.cursor.empty());
    CHECK(pages == (traces + limit - 1) / limit);
    const auto at_once = store.reader().FindTraceIds({}, {.service = "service"});
    CHECK(all == IdsOf(at_once->items));
  }
}

TEST_CASE("search: a page goes on where the last one ended, whatever came in since", "[search]") {
  TestStore store(EachBackend());
  if (!store.can().cursors) {
    return;
  }
  MustWrite(*store, Row(10));
  TraceQuery query{.service = "service", .limit = 4};
  const auto first = store.reader().FindTraceIds({}, query);
  REQUIRE(first.ok());
  MustWrite(*store, {{.trace_id = {0, 11}, .start_time = kTestTime + std::chrono::seconds(11)}});
  query.cursor = first->cursor;
  const auto second = store.reader().FindTraceIds({}, query);
  REQUIRE(second.ok());
  CHECK(IdsOf(second->items) == Newest(6, 3));
}

TEST_CASE("search: a cursor of another kind is refused", "[search]") {
  TestStore store(EachBackend());
  if (!store.can().cursors) {
    return;
  }
  MustWrite(*store, Row(3));
  const std::string cursor = GENERATE("x", ".", "1.2", "99999999999999999999.", "\xff\xfe");
  CAPTURE(cursor);
  const auto page = store.reader().FindTraceIds({}, {.service = "service", .cursor = cursor});
  REQUIRE_FALSE(page.ok());
  CHECK(page.error().code == ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pugmark::testing
