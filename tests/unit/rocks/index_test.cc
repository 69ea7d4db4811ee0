// The rows that find blocks again.
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "storage/rocks/block_index.h"
#include "storage/rocks/catalog.h"
#include "tests/support/span_builder.h"

namespace pugmark::rocks {
namespace {

using testing::kTestTime;
using testing::MakeBatch;
using testing::TestSpan;

constexpr Nanoseconds kMs = std::chrono::milliseconds(1);

TEST_CASE("index row: bounds come back, also at the ends of the range", "[rocks][index]") {
  TimeBounds bounds;
  bounds.Add(kTestTime, Nanoseconds::max());
  bounds.Add(kTestTime + std::chrono::seconds(20), Nanoseconds::min());
  std::string key = TimePrefix(RowKind::kServiceTime, "t", 5);
  AppendTimeAndBlock(key, bounds.newest, 99);
  std::string value;
  AppendBounds(value, bounds);

  const auto row = ParseIndexRow(key, value);
  REQUIRE(row);
  CHECK(row->block == 99);
  CHECK(row->bounds.newest == kTestTime + std::chrono::seconds(20));
  CHECK(row->bounds.oldest == kTestTime);
  CHECK(row->bounds.shortest == Nanoseconds::min());
  CHECK(row->bounds.longest == Nanoseconds::max());
  CHECK(row->bounds.spans == 2);
  for (std::size_t cut = 0; cut < value.size(); ++cut) {
    CAPTURE(cut);
    CHECK_FALSE(ParseIndexRow(key, value.substr(0, cut)));
  }
}

TEST_CASE("index row: a slot ends before the next one begins", "[rocks][index]") {
  const UnixTime begin{std::chrono::minutes(1000)};
  CHECK(EndOfSlot(begin) == begin + kIndexSlot - Nanoseconds(1));
  CHECK(EndOfSlot(begin + kIndexSlot - Nanoseconds(1)) == begin + kIndexSlot - Nanoseconds(1));
  CHECK(EndOfSlot(begin - Nanoseconds(1)) == begin - Nanoseconds(1));
  CHECK(EndOfSlot(kMaxTime) == kMaxTime);
  CHECK(EndOfSlot(UnixTime(Nanoseconds(-1))) == UnixTime(Nanoseconds(-1)));
}

TEST_CASE("trace row: bounds come back, also where they saturate", "[rocks][index]") {
  TraceRow row;
  row.Add(kTestTime, kMs);
  SECTION("usual") { row.Add(kTestTime - kMs, kMs * 5); }
  SECTION("far apart") { row.Add(kMinTime, Nanoseconds(0)); }
  SECTION("beyond the end") { row.Add(kMaxTime, Nanoseconds::max()); }
  std::string value;
  AppendTraceValue(value, row);
  const auto back = ParseTraceValue(value);
  REQUIRE(back);
  CHECK(back->start == row.start);
  CHECK(back->end == row.end);
  CHECK(back->spans == 2);
  CHECK_FALSE(ParseTraceValue(value.substr(0, value.size() - 1)));
}

// What a block's index puts for spans.
std::size_t RowsFor(const std::vector<TestSpan>& spans) {
  const auto batch = MakeBatch(spans);
  BlockIndex index;
  index.Start();
  for (const Span& span : batch->spans()) {
    index.Add(span);
  }
  RowBatch rows;
  index.PutRows("", 1, rows);
  return rows.rows();
}

TEST_CASE("block index: one row per distinct thing, however many spans", "[rocks][index]") {
  const TestSpan span{.name = "a", .resource = {.service_name = "s"}};
  TestSpan other_trace = span;
  other_trace.trace_id = {0, 2};
  TestSpan other_kind = span;
  other_kind.kind = SpanKind::kServer;
  TestSpan other_operation = span;
  other_operation.name = "b";
  TestSpan other_service = span;
  other_service.resource.service_name = "r";
  TestSpan other_minute = span;
  other_minute.start_time += std::chrono::minutes(2);

  // trace, tenant, service, operation
  CHECK(RowsFor({span}) == 4);
  CHECK(RowsFor({span, span, span}) == 4);
  CHECK(RowsFor({span, other_kind}) == 4);
  CHECK(RowsFor({span, other_trace}) == 5);
  CHECK(RowsFor({span, other_operation}) == 5);
  CHECK(RowsFor({span, other_service}) == 6);
  CHECK(RowsFor({span, other_minute}) == 7);
}

TEST_CASE("catalog: a row is put until one was confirmed, and again when it runs out",
          "[rocks][catalog]") {
  const auto batch = MakeBatch({{.name = "a", .kind = SpanKind::kServer}});
  BlockIndex index;
  index.Start();
  index.Add(batch->spans().front());
  RowBatch rows;
  index.PutRows("", 1, rows);
  Catalog catalog(std::chrono::hours(1));
  const BlockId now = FirstBlockIdAt(kTestTime);
  const auto put = [&](BlockId block) {
    RowBatch put_rows;
    Catalog::Pending pending;
    catalog.PutRows("", index.entries(), block, put_rows, pending);
    return std::pair(put_rows.rows(), pending);
  };

  CHECK(put(now).first == 1);
  const auto [count, pending] = put(now);
  CHECK(count == 1);
  catalog.Confirm("", pending);
  CHECK(put(now).first == 0);
  CHECK(put(FirstBlockIdAt(kTestTime + std::chrono::minutes(59))).first == 0);
  CHECK(put(FirstBlockIdAt(kTestTime + std::chrono::minutes(61))).first == 1);
  CHECK(catalog.size() == 1);
}

TEST_CASE("catalog: the list is bounded, says so, and has room again", "[rocks][catalog]") {
  Catalog catalog(std::chrono::hours(1));
  std::vector<BlockIndex::Entry> entries(1);
  const auto put = [&](std::uint64_t service, BlockId block) {
    entries[0].service_hash = service;
    entries[0].operation_hash = service;
    RowBatch rows;
    Catalog::Pending pending;
    catalog.PutRows("", entries, block, rows, pending);
    catalog.Confirm("", pending);
    return rows.rows();
  };
  const BlockId now = FirstBlockIdAt(kTestTime);
  for (std::uint64_t service = 0; service < kMaxServices; ++service) {
    REQUIRE(put(service, now) == 1);
  }
  CHECK(catalog.size() == kMaxServices);
  CHECK(put(kMaxServices, now) == 1);  // not the service: that the list is full
  CHECK(put(kMaxServices + 1, now) == 0);
  CHECK(catalog.size() == kMaxServices);

  const BlockId later = FirstBlockIdAt(kTestTime + std::chrono::hours(2));
  CHECK(put(0, later) == 1);
  catalog.DropExpired(later);
  CHECK(catalog.size() == 1);
  CHECK(put(kMaxServices, later) == 1);
  CHECK(catalog.size() == 2);
}

}  // namespace
}  // namespace pugmark::rocks
