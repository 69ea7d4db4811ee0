// What was written comes back: whole, once, and to its own tenant.
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <limits>

#include "tests/conformance/backend.h"
#include "tests/support/storage_access.h"

namespace pugmark::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// A span that uses every field.
TestSpan FullSpan() {
  const TestAttributes every_type{
      {"empty", {}},
      {"text", "a text"},
      {"no text", ""},
      {"yes", true},
      {"no", false},
      {"int", 42},
      {"least", std::numeric_limits<std::int64_t>::min()},
      {"most", std::numeric_limits<std::int64_t>::max()},
      {"double", 2.5},
      {"minus zero", -0.0},
      {"not a number", std::numeric_limits<double>::quiet_NaN()},
      {"infinite", std::numeric_limits<double>::infinity()},
      {"bytes", TestValue::Bytes(std::string("\x00\x01\xff", 3))},
      {"array", TestValue::Array({"a", 1, true, {}, TestValue::Array({2.5, "b"})})},
      {"no array", TestValue::Array({})},
      {"map", TestValue::Map({{"inner", TestValue::Map({{"deep", TestValue::Bytes("x")}})},
                              {"inner", "the same key again"}})},
      {"no map", TestValue::Map({})},
      {"", "an empty key"},
      {"text", "the same key again"},
  };
  TestSpan span;
  span.trace_id = {0x0123456789abcdefU, 0xfedcba9876543210U};
  span.span_id = 0xffffffffffffffffU;
  span.parent_span_id = 0x8000000000000000U;
  span.start_time = kTestTime + Nanoseconds(123'456'789);
  span.duration = Nanoseconds(987'654'321);
  span.name = "GET /products/{id}";
  span.resource = {"shop", every_type, "https://schema/resource", 3, true};
  span.kind = SpanKind::kConsumer;
  span.status = StatusCode::kError;
  span.status_message = "out of stock";
  span.attributes = every_type;
  span.events = {{kTestTime + Nanoseconds(5), "first", every_type, 1},
                 {kTestTime, "", {}, 0},
                 {kTestTime, "same time", {{"event", "another name"}}, 0}};
  span.links = {{{7, 8}, 9, RefType::kLink, "link=state", every_type, 0x1ff, 2},
                {span.trace_id, span.parent_span_id, RefType::kChildOf, "", {}, 0, 0},
                {{0, 0}, 0, RefType::kFollowsFrom, "", {}, 0, 0}};
  span.warnings = {"a warning", "", "another"};
  span.scope = TestScope{"library", "1.2.3", every_type, "https://schema/scope", 4};
  span.trace_state = "vendor=1,other=2";
  span.flags = 0x80000101U;
  span.dropped_attributes = 5;
  span.dropped_events = 6;
  span.dropped_links = 0xffffffffU;
  return span;
}

void CheckComesBack(TestStore& store, const std::vector<TestSpan>& spans) {
  MustWrite(*store, spans);
  const auto expected = MakeBatch(spans);
  const ReadTrace trace = MustReadTrace(store.reader(), spans.front().trace_id);
  CHECK(SameSpans(trace.spans, PointersTo(expected->spans())));
}

TEST_CASE("storage: a span comes back with everything that it had", "[storage]") {
  TestStore store(EachBackend());
  CheckComesBack(store, {FullSpan()});
}

TEST_CASE("storage: a span comes back in the format it came in", "[storage]") {
  TestStore store(EachBackend());
  std::vector<TestSpan> spans;
  for (const SourceFormat format :
       {SourceFormat::kUnknown, SourceFormat::kJaeger, SourceFormat::kProto, SourceFormat::kOtlp,
        SourceFormat::kZipkin}) {
    spans.push_back(FullSpan());
    spans.back().format = format;
  }
  CheckComesBack(store, spans);
}

TEST_CASE("storage: odd spans come back as they came", "[storage]") {
  TestStore store(EachBackend());
  TestSpan span;
  SECTION("nothing but a trace id") {
    span.span_id = 0;
    span.name = "";
    span.duration = Nanoseconds(0);
  }
  SECTION("before 1970") { span.start_time = UnixTime(-hours(24 * 365 * 50)); }
  SECTION("at 1970") { span.start_time = UnixTime(); }
  SECTION("at the first moment that there is") { span.start_time = kMinTime; }
  SECTION("at the last moment that there is") {
    span.start_time = kMaxTime;
    span.duration = Nanoseconds::max();
    span.events = {{kMaxTime, "late", {}, 0}, {kMinTime, "early", {}, 0}};
  }
  SECTION("a negative duration") { span.duration = Nanoseconds(-5); }
  SECTION("an empty service name") { span.resource.service_name = ""; }
  SECTION("the high half of the trace id is zero") { span.trace_id = {0, 99}; }
  SECTION("the low half of the trace id is zero") { span.trace_id = {99, 0}; }
  SECTION("a scope without a name") { span.scope = TestScope{}; }
  SECTION("bytes that are not UTF-8") {
    span.name = "\xff\xfe";
    span.attributes = {{"\xc3", "\x80"}};
  }
  SECTION("zeros in texts") {
    span.name = std::string("a\0b", 3);
    span.attributes = {{std::string("\0", 1), std::string("\0\0", 2)}};
  }
  SECTION("huge texts") {
    span.name = std::string(100'000, 'n');
    span.attributes = {{std::string(70'000, 'k'), std::string(1 << 20, 'v')}};
  }
  SECTION("many attributes, events and links") {
    for (int i = 0; i < 4096; ++i) {
      span.attributes.push_back({"key-" + std::to_string(i), i});
      span.events.push_back({kTestTime + Nanoseconds(i), "event", {{"i", i}}, 0});
      span.links.push_back({{1, static_cast<std::uint64_t>(i)}, 1});
    }
  }
  CheckComesBack(store, {span});
}

TEST_CASE("storage: a trace is gathered from all batches", "[storage]") {
  TestStore store(EachBackend());
  std::vector<TestSpan> all;
  for (std::uint64_t i = 0; i < 30; ++i) {
    all.push_back({.trace_id = {0, 1 + i % 3}, .span_id = 100 + i, .attributes = {{"i", int(i)}}});
  }
  for (std::size_t i = 0; i < all.size(); i += 10) {
    MustWrite(*store, {all.begin() + long(i), all.begin() + long(i) + 10});
  }
  for (std::uint64_t id = 1; id <= 3; ++id) {
    std::vector<TestSpan> mine;
    for (const TestSpan& span : all) {
      if (span.trace_id.low == id) {
        mine.push_back(span);
      }
    }
    const auto expected = MakeBatch(mine);
    CHECK(SameSpans(MustReadTrace(store.reader(), {0, id}).spans, PointersTo(expected->spans())));
  }
}

TEST_CASE("storage: several traces come in the order asked for", "[storage]") {
  TestStore store(EachBackend());
  MustWrite(*store, {{.trace_id = {0, 1}}, {.trace_id = {0, 2}}, {.trace_id = {5, 1}}});
  const std::vector<TraceLookup> lookups{
      {{5, 1}, {}}, {{0, 404}, {}}, {{0, 1}, TimeRange{kTestTime, kTestTime}}, {{0, 2}, {}}};
  const auto traces = MustReadAll(store.reader().GetTraces({}, lookups));
  CHECK(IdsOf(traces) == std::vector<TraceId>{{5, 1}, {0, 1}, {0, 2}});
}

TEST_CASE("storage: a big trace comes in chunks", "[storage]") {
  TestStore store(EachBackend());
  constexpr std::uint64_t kSpans = 20'000;
  std::vector<TestSpan> spans;
  for (std::uint64_t i = 0; i < kSpans; ++i) {
    spans.push_back({.span_id = i + 1, .parent_span_id = i, .attributes = {{"number", int(i)}}});
  }
  for (std::size_t i = 0; i < kSpans; i += 5000) {
    MustWrite(*store, {spans.begin() + long(i), spans.begin() + long(i) + 5000});
  }
  const ReadTrace trace = MustReadTrace(store.reader(), {0, 1});
  CHECK(trace.chunks.size() > 1);
  const auto expected = MakeBatch(spans);
  CHECK(SameSpans(trace.spans, PointersTo(expected->spans())));
}

TEST_CASE("storage: spans of a chunk share what they shared", "[storage]") {
  TestStore store(EachBackend());
  MustWrite(*store, {{.span_id = 1}, {.span_id = 2}, {.span_id = 3}});
  const ReadTrace trace = MustReadTrace(store.reader(), {0, 1});
  REQUIRE(trace.spans.size() == 3);
  CHECK(trace.spans[0]->resource == trace.spans[1]->resource);
  CHECK(trace.spans[1]->resource == trace.spans[2]->resource);
}

TEST_CASE("storage: the same span again adds nothing", "[storage]") {
  TestStore store(EachBackend());
  const TestSpan span = FullSpan();
  TestSpan other = span;
  SECTION("in one batch") { MustWrite(*store, {span, span, span}); }
  SECTION("in several batches") {
    MustWrite(*store, {span});
    MustWrite(*store, {span});
  }
  SECTION("beside a new one") {
    MustWrite(*store, {span});
    other.span_id = 1;
    MustWrite(*store, {span, other, other});
  }
  SECTION("a span that differs in one value is another span") {
    other.attributes.back().value = "different";
    MustWrite(*store, {span, other});
  }
  SECTION("a span that differs in its resource is another span") {
    other.resource.dropped_attributes = 77;
    MustWrite(*store, {span, other});
  }
  std::vector<TestSpan> distinct{span};
  if (!SameSpan(MakeBatch({span})->spans()[0], MakeBatch({other})->spans()[0])) {
    distinct.push_back(other);
  }
  const auto expected = MakeBatch(distinct);
  CHECK(
      SameSpans(MustReadTrace(store.reader(), span.trace_id).spans, PointersTo(expected->spans())));
  CHECK(MustReadAll(store.reader().FindTraces({}, {})).size() == 1);
}

TEST_CASE("storage: a redelivered batch is stored once", "[storage]") {
  TestStore store(EachBackend());
  const BatchId id{"agent-1", 3, 17};
  for (int i = 0; i < 2; ++i) {
    const WriteResult result = WriteAndWait(*store, {}, MakeBatch({FullSpan()}), id);
    CHECK(result.outcome == WriteResult::Outcome::kCommitted);
    CHECK(result.stored == 1);
  }
  CHECK(MustReadTrace(store.reader(), FullSpan().trace_id).spans.size() == 1);
}

TEST_CASE("storage: an empty batch is committed", "[storage]") {
  TestStore store(EachBackend());
  MustWrite(*store, {});
  CHECK(store.reader().GetServices({})->items.empty());
}

TEST_CASE("storage: tenants see their own spans only", "[storage]") {
  TestStore store(EachBackend());
  const RequestContext acme{.tenant = "acme"};
  const RequestContext other{.tenant = "acm"};
  MustWrite(*store, {{.name = "default", .resource = {.service_name = "d"}}});
  MustWrite(*store, {{.name = "of acme", .resource = {.service_name = "a"}}}, acme);
  const auto names = [&](const RequestContext& context) {
    std::vector<std::string> found;
    for (const Span* const span : MustReadTrace(store.reader(), {0, 1}, context).spans) {
      found.emplace_back(span->name);
    }
    return found;
  };
  CHECK(names({}) == std::vector<std::string>{"default"});
  CHECK(names(acme) == std::vector<std::string>{"of acme"});
  CHECK(names(other).empty());

  CHECK(store.reader().GetServices({})->items == std::vector<std::string>{"d"});
  CHECK(store.reader().GetServices(acme)->items == std::vector<std::string>{"a"});
  CHECK(store.reader().GetServices(other)->items.empty());
  CHECK(store.reader().GetOperations(acme, "d", {})->items.empty());
  CHECK(MustReadAll(store.reader().FindTraces(acme, {.service = "d"})).empty());
  CHECK(MustReadAll(store.reader().FindTraces(acme, {.service = "a"})).size() == 1);
  CHECK(MustReadAll(store.reader().FindTraces(other, {.service = "a"})).empty());
}

TEST_CASE("storage: an empty store finds nothing", "[storage]") {
  TestStore store(EachBackend());
  CHECK(store->Health().ok());
  CHECK(MustReadTrace(store.reader(), {0, 1}).spans.empty());
  CHECK(MustReadAll(store.reader().GetTraces({}, {})).empty());
  CHECK(MustReadAll(store.reader().FindTraces({}, {.service = "service"})).empty());
  CHECK(store.reader().GetServices({})->items.empty());
  CHECK(store.reader().GetOperations({}, "service", {})->items.empty());
  CHECK(store.reader().FindTraceIds({}, {.service = "service"})->items.empty());
  if (DependencyReader* const dependencies = store->dependency_reader(); dependencies != nullptr) {
    CHECK(dependencies->GetDependencies({}, {})->empty());
  }
  CHECK_FALSE(store->DebugJson().empty());
}

TEST_CASE("storage: the batch is freed before done runs", "[storage]") {
  TestStore store(EachBackend());
  class Charge : public ByteCharge {
   public:
    explicit Charge(std::atomic<bool>& freed) : freed_(freed) {}
    ~Charge() override { freed_ = true; }

   private:
    std::atomic<bool>& freed_;
  };
  std::atomic<bool> freed = false;
  auto batch = MakeBatch({{}});
  batch->HoldCharge(std::make_unique<Charge>(freed));
  std::promise<bool> freed_at_done;
  store->span_writer()->Write({}, std::move(batch), {},
                              [&](const WriteResult&) { freed_at_done.set_value(freed); });
  CHECK(freed_at_done.get_future().get());
}

TEST_CASE("storage: a drained store refuses writes and still reads", "[storage]") {
  TestStore store(EachBackend());
  MustWrite(*store, {{.span_id = 1}});
  const auto soon = [] { return std::chrono::steady_clock::now() + std::chrono::seconds(60); };
  REQUIRE(store->Drain(soon()).ok());
  REQUIRE(store->Drain(soon()).ok());
  const WriteResult result = WriteAndWait(*store, {}, MakeBatch({{.span_id = 2}}));
  CHECK(result.outcome == WriteResult::Outcome::kRefused);
  REQUIRE_FALSE(result.status.ok());
  CHECK(result.status.error().code == ErrorCode::kUnavailable);
  CHECK(result.stored == 0);
  CHECK(MustReadTrace(store.reader(), {0, 1}).spans.size() == 1);
}

}  // namespace
}  // namespace pugmark::testing
