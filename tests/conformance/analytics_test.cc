// Summaries, RED metrics, attribute names and values.
#include <catch2/catch.hpp>

#include "tests/conformance/backend.h"
#include "tests/conformance/search_fixture.h"
#include "tests/support/storage_access.h"

namespace pugmark::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("storage: a summary tells what a trace holds", "[summaries]") {
  TestStore store(EachBackend());
  const TraceQuery query{.service = "a"};
  if (!store.can().summaries) {
    CHECK(IsUnimplemented(store.reader().FindTraceSummaries({}, query)));
    return;
  }
  const auto span = [](SpanId id, SpanId parent, std::string service, int start_ms,
                       StatusCode status) {
    return TestSpan{.span_id = id,
                    .parent_span_id = parent,
                    .start_time = kTestTime + milliseconds(start_ms),
                    .duration = milliseconds(100 - start_ms),
                    .name = "operation " + std::to_string(id),
                    .resource = {.service_name = std::move(service)},
                    .status = status};
  };
  MustWrite(*store,
            {span(1, 0, "late root", 5, StatusCode::kUnset), span(2, 0, "root", 1, StatusCode::kOk),
             span(3, 2, "a", 0, StatusCode::kError), span(4, 3, "a", 2, StatusCode::kUnset),
             span(5, 77, "b", 3, StatusCode::kError)});
  const auto page = store.reader().FindTraceSummaries({}, query);
  REQUIRE(page.ok());
  REQUIRE(page->items.size() == 1);
  const TraceSummary& summary = page->items.front();
  CHECK(summary.trace_id == TraceId{0, 1});
  CHECK(summary.root_service == "root");
  CHECK(summary.root_operation == "operation 2");
  CHECK(summary.start == kTestTime);
  CHECK(summary.end == kTestTime + milliseconds(100));
  CHECK(summary.span_count == 5);
  CHECK(summary.error_span_count == 2);
  CHECK(summary.orphan_span_count == 1);
  REQUIRE(summary.services.size() == 4);
  CHECK(summary.services[0].name == "a");
  CHECK(summary.services[0].span_count == 2);
  CHECK(summary.services[0].error_span_count == 1);
  CHECK(summary.services[1].name == "b");
  CHECK(summary.services[2].name == "late root");
  CHECK(summary.services[3].name == "root");
}

TEST_CASE("storage: summaries come like the traces they stand for", "[summaries]") {
  TestStore store(EachBackend());
  if (!store.can().summaries) {
    return;
  }
  MustWrite(*store, SearchFixture());
  const TraceQuery query{.service = "web", .limit = 2};
  const auto summaries = store.reader().FindTraceSummaries({}, query);
  const auto ids = store.reader().FindTraceIds({}, query);
  REQUIRE(summaries.ok());
  REQUIRE(ids.ok());
  REQUIRE(summaries->items.size() == ids->items.size());
  for (std::size_t i = 0; i < ids->items.size(); ++i) {
    CHECK(summaries->items[i].trace_id == ids->items[i].trace_id);
  }
  CHECK(summaries->cursor == ids->cursor);
}

// Ten calls of one operation, a second apart, of 10 to 100 ms; the last two fail. One of another.
std::vector<TestSpan> Calls() {
  std::vector<TestSpan> spans;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    spans.push_back({.trace_id = {0, i},
                     .start_time = kTestTime + seconds(i),
                     .duration = milliseconds(10 * i),
                     .name = "get",
                     .resource = {.service_name = "shop"},
                     .kind = SpanKind::kServer,
                     .status = i > 8 ? StatusCode::kError : StatusCode::kUnset});
  }
  spans.push_back({.trace_id = {0, 11},
                   .start_time = kTestTime + seconds(10),
                   .duration = seconds(1),
                   .name = "put",
                   .resource = {.service_name = "shop"},
                   .kind = SpanKind::kClient});
  return spans;
}

TEST_CASE("storage: metrics count calls, errors and latencies", "[metrics]") {
  TestStore store(EachBackend());
  if (!store.can().metrics) {
    CHECK(store->metrics_reader() == nullptr);
    return;
  }
  REQUIRE(store->metrics_reader() != nullptr);
  MustWrite(*store, Calls());
  MetricsQuery query;
  query.services = {"shop"};
  query.kinds = {SpanKind::kServer};
  query.window = {kTestTime + seconds(5), kTestTime + seconds(15)};
  query.step = seconds(5);
  query.rate_per = seconds(5);
  query.quantiles = {0, 0.5, 1};
  const auto ask = [&] { return store->metrics_reader()->GetMetrics({}, query); };

  SECTION("of a service") {
    const auto series = ask();
    REQUIRE(series.ok());
    REQUIRE(series->size() == 1);
    CHECK(series->front().service == "shop");
    CHECK(series->front().operation.empty());
    const auto& points = series->front().points;
    REQUIRE(points.size() == 3);
    CHECK(points[0].time == kTestTime + seconds(5));
    CHECK(points[0].calls_per_second == Approx(1));
    CHECK(points[0].errors_per_second == Approx(0));
    CHECK(points[0].latencies ==
          std::vector<Nanoseconds>{milliseconds(10), milliseconds(30), milliseconds(50)});
    CHECK(points[1].calls_per_second == Approx(1));
    CHECK(points[1].errors_per_second == Approx(0.4));
    CHECK(points[2].calls_per_second == Approx(0));
    CHECK(points[2].latencies.empty());
  }
  SECTION("of operations and all kinds") {
    query.by_operation = true;
    query.kinds.clear();
    const auto series = ask();
    REQUIRE(series.ok());
    REQUIRE(series->size() == 2);
    CHECK((*series)[0].operation == "get");
    CHECK((*series)[1].operation == "put");
    CHECK((*series)[1].points[1].calls_per_second == Approx(0.2));
  }
  SECTION("of spans that a filter holds of") {
    query.filter = Field(FilterOp::kGt, FilterLevel::kSpan, "duration",
                         {std::int64_t{Nanoseconds(milliseconds(40)).count()}});
    const auto series = ask();
    REQUIRE(series.ok());
    REQUIRE(series->size() == 1);
    CHECK(series->front().points[0].calls_per_second == Approx(0.2));
  }
  SECTION("of nobody") {
    query.services = {"nobody"};
    CHECK(ask()->empty());
  }
  SECTION("malformed questions are refused") {
    SECTION("no step") { query.step = Nanoseconds(0); }
    SECTION("no rate window") { query.rate_per = Nanoseconds(0); }
    SECTION("a quantile beyond 1") { query.quantiles = {1.5}; }
    SECTION("too many points") { query.step = Nanoseconds(1); }
    SECTION("an endless window") { query.window = {kMinTime, kMaxTime}; }
    SECTION("a window that ends before it starts") { query.window.max = kTestTime; }
    const auto series = ask();
    REQUIRE_FALSE(series.ok());
    CHECK(series.error().code == ErrorCode::kInvalidArgument);
  }
}

std::vector<std::string> Names(const Result<std::vector<AttributeName>>& names, FilterLevel level) {
  REQUIRE(names.ok());
  std::vector<std::string> keys;
  for (const AttributeName& name : *names) {
    if (name.level == level) {
      keys.push_back(name.key);
    }
  }
  return keys;
}

TEST_CASE("storage: attribute names and their frequent values", "[attributes]") {
  TestStore store(EachBackend());
  if (!store.can().attributes) {
    CHECK(store->attribute_reader() == nullptr);
    return;
  }
  REQUIRE(store->attribute_reader() != nullptr);
  AttributeReader& reader = *store->attribute_reader();
  MustWrite(*store, SearchFixture());
  using Texts = std::vector<std::string>;

  const auto names = reader.GetNames({}, "web", {});
  CHECK(Names(names, FilterLevel::kSpan) ==
        Texts{"http.status_code", "left", "peer.service", "user"});
  CHECK(Names(names, FilterLevel::kResource) == Texts{"host.name", "zone"});
  CHECK(Names(names, FilterLevel::kScope) == Texts{"scope.key"});
  const auto all = reader.GetNames({}, {}, {At(6), At(6)});
  CHECK(Names(all, FilterLevel::kEvent) == Texts{"size", "type"});
  CHECK(Names(all, FilterLevel::kLink) == Texts{"reason"});
  CHECK(reader.GetNames({}, "nobody", {})->empty());

  const auto values = [&](std::optional<std::string> service, const AttributeName& name,
                          TimeRange window, std::size_t limit) {
    const auto counts = reader.GetValues({}, service, name, window, limit);
    REQUIRE(counts.ok());
    Texts texts;
    for (const AttributeValueCount& count : *counts) {
      texts.push_back(count.value + " " + std::to_string(count.count));
    }
    return texts;
  };
  const AttributeName code{"http.status_code", FilterLevel::kSpan};
  CHECK(values({}, code, {}, 10) == Texts{"200 2", "402 1"});
  CHECK(values({}, code, {}, 1) == Texts{"200 2"});
  CHECK(values("payments", code, {}, 10) == Texts{"402 1"});
  CHECK(values({}, code, {At(3), At(9)}, 10) == Texts{"200 1"});
  CHECK(values({}, {"http.status_code", FilterLevel::kResource}, {}, 10).empty());
  CHECK(values("web", {"zone", FilterLevel::kResource}, {}, 10) == Texts{"a 4"});
}

}  // namespace
}  // namespace pugmark::testing
