// Which traces a query finds. Every row is asked as a search for traces and as one for ids.
#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "tests/conformance/backend.h"
#include "tests/conformance/search_fixture.h"
#include "tests/support/storage_access.h"

namespace pugmark::testing {
namespace {

using std::chrono::milliseconds;

constexpr Nanoseconds kTick{1};
constexpr FilterLevel kSpan = FilterLevel::kSpan;
constexpr FilterLevel kEvent = FilterLevel::kEvent;
constexpr FilterLevel kLink = FilterLevel::kLink;
constexpr FilterLevel kResource = FilterLevel::kResource;
constexpr FilterLevel kScope = FilterLevel::kScope;
constexpr FilterLevel kAny = FilterLevel::kAny;

struct Row {
  std::string name;
  TraceQuery query;
  std::vector<TraceId> found;  // newest first
};

TimeRange From(UnixTime min) { return {min, kMaxTime}; }
TimeRange Until(UnixTime max) { return {kMinTime, max}; }
DurationRange AtLeast(Nanoseconds min) { return {min, Nanoseconds::max()}; }
DurationRange AtMost(Nanoseconds max) { return {Nanoseconds::min(), max}; }

std::int64_t InNanoseconds(UnixTime time) { return time.time_since_epoch().count(); }

const std::vector<TraceId> kAll{kEvents, kTypes, kThrift, kSplit, kPayment, kCheckout};

std::vector<Row> PredicateRows() {
  return {
      {"everything", {}, kAll},
      {"service", {.service = "web"}, {kSplit, kPayment, kCheckout}},
      {"unknown service", {.service = "nobody"}, {}},
      {"service is compared whole", {.service = "we"}, {}},
      {"service is compared by case", {.service = "Web"}, {}},
      {"no service name", {.service = ""}, {}},
      {"operation", {.operation = "charge"}, {kPayment, kCheckout}},
      {"unknown operation", {.operation = "nothing"}, {}},
      {"service and operation", {.service = "payments", .operation = "POST /charge"}, {kPayment}},
      {"service and operation of different spans",
       {.service = "payments", .operation = "charge"},
       {}},

      {"start at the first moment", {.start = {At(4), At(4)}}, {kThrift}},
      {"start just before", {.start = {At(3, milliseconds(2)), At(4, -kTick)}}, {}},
      {"start just after", {.start = {At(4, kTick), At(5, -kTick)}}, {}},
      {"start of any span counts",
       {.start = {At(3, milliseconds(1)), At(3, milliseconds(1))}},
       {kSplit}},
      {"start from", {.start = From(At(5))}, {kEvents, kTypes}},
      {"start until", {.start = Until(At(2))}, {kPayment, kCheckout}},
      {"start that ends before it begins", {.start = {At(5), At(1)}}, {}},

      {"duration exactly", {.duration = {milliseconds(400), milliseconds(400)}}, {kThrift}},
      {"duration at least", {.duration = AtLeast(milliseconds(500))}, {kEvents, kTypes}},
      {"duration a nanosecond more", {.duration = AtLeast(milliseconds(600) + kTick)}, {}},
      {"duration at most", {.duration = AtMost(milliseconds(50))}, {kSplit, kCheckout}},
      {"duration a nanosecond less", {.duration = AtMost(milliseconds(1) - kTick)}, {}},

      {"all of one span",
       {.service = "web",
        .operation = "POST /checkout",
        .filter = Tag("user", "ann"),
        .start = {At(1), At(1)},
        .duration = {milliseconds(100), milliseconds(100)}},
       {kCheckout}},
      {"duration of another span",
       {.service = "web", .operation = "left", .duration = AtLeast(milliseconds(300))},
       {}},
      {"start of another span", {.operation = "right", .start = {At(3), At(3)}}, {}},
  };
}

std::vector<Row> TagRows() {
  return {
      {"span tag", {.filter = Tag("user", "ann")}, {kCheckout}},
      {"span tag of a service", {.service = "payments", .filter = Tag("user", "bob")}, {kPayment}},
      {"tag of another service's span", {.service = "web", .filter = Tag("user", "bob")}, {}},
      {"unknown tag", {.filter = Tag("nothing", "ann")}, {}},
      {"tag with another value", {.filter = Tag("user", "an")}, {}},
      {"tag key by case", {.filter = Tag("User", "ann")}, {}},
      {"process tag", {.filter = Tag("host.name", "pay-1")}, {kSplit, kPayment}},
      {"number of a process", {.filter = Tag("cores", "8")}, {kSplit, kPayment}},
      {"log field", {.filter = Tag("attempt", "3")}, {kThrift}},
      {"log field of an OTLP event", {.filter = Tag("type", "IOError")}, {kEvents}},
      {"name of an OTLP event", {.filter = Tag("event", "exception")}, {kEvents}},
      {"event field of a Jaeger log", {.filter = Tag("event", "retry")}, {kThrift}},
      {"number", {.filter = Tag("http.status_code", "402")}, {kPayment}},
      {"number or text", {.filter = Tag("http.status_code", "200")}, {kSplit, kCheckout}},
      {"two tags of one span",
       {.filter = And({Tag("user", "bob"), Tag("http.status_code", "402")})},
       {kPayment}},
      {"a span tag and a process tag",
       {.filter = And({Tag("user", "bob"), Tag("cores", "8")})},
       {kPayment}},
      {"two tags of different spans",
       {.filter = And({Tag("left", "yes"), Tag("right", "yes")})},
       {}},
      {"one of two tags is wrong",
       {.filter = And({Tag("user", "bob"), Tag("http.status_code", "200")})},
       {}},

      {"kind of an OTLP span", {.filter = Tag("span.kind", "client")}, {kPayment, kCheckout}},
      {"kind of spans of both formats",
       {.filter = Tag("span.kind", "server")},
       {kThrift, kPayment, kCheckout}},
      {"error of spans of both formats", {.filter = Tag("error", "true")}, {kThrift, kPayment}},
      {"error=false is shown nowhere", {.filter = Tag("error", "false")}, {}},
      {"status of an OTLP span", {.filter = Tag("otel.status_code", "ERROR")}, {kPayment}},
      {"status OK", {.filter = Tag("otel.status_code", "OK")}, {kCheckout}},
      {"status message", {.filter = Tag("otel.status_description", "card declined")}, {kPayment}},
      {"trace state", {.filter = Tag("w3c.tracestate", "vendor=1")}, {kPayment}},
      {"scope name", {.filter = Tag("otel.scope.name", "http-library")}, {kCheckout}},
      {"scope version", {.filter = Tag("otel.scope.version", "1.0")}, {kCheckout}},
      {"scope attributes are no tags", {.filter = Tag("scope.key", "scope value")}, {}},
      {"link attributes are no tags", {.filter = Tag("reason", "batch")}, {}},
      {"the service's name is no tag", {.filter = Tag("service.name", "web")}, {}},
      {"format of a Jaeger span", {.filter = Tag("@jaeger@format", "jaeger")}, {kThrift}},

      {"bool", {.filter = Tag("bool", "true")}, {kTypes}},
      {"bool by another spelling", {.filter = Tag("bool", "1")}, {}},
      {"negative number", {.filter = Tag("int", "-7")}, {kTypes}},
      {"number with zeros", {.filter = Tag("int", "-07")}, {}},
      {"number beyond doubles", {.filter = Tag("large", "9007199254740993")}, {kTypes}},
      {"double", {.filter = Tag("double", "0.1")}, {kTypes}},
      {"double with more digits", {.filter = Tag("double", "0.10")}, {}},
      {"double with exponent", {.filter = Tag("exponent", "1e+21")}, {kTypes}},
      {"whole double", {.filter = Tag("whole", "5")}, {kTypes}},
      {"infinite", {.filter = Tag("infinite", "-Inf")}, {kTypes}},
      {"bytes in hexadecimal", {.filter = Tag("bytes", "01ab")}, {kTypes}},
      {"bytes in capitals", {.filter = Tag("bytes", "01AB")}, {}},
      {"array as JSON", {.filter = Tag("array", R"(["x",1,true])")}, {kTypes}},
      {"map as JSON", {.filter = Tag("map", R"({"k":"v"})")}, {kTypes}},
      {"no value is the empty text", {.filter = Tag("empty", "")}, {kTypes}},
      {"the first of two values", {.filter = Tag("twice", "first")}, {kTypes}},
      {"the second of two values", {.filter = Tag("twice", "second")}, {kTypes}},
      {"both values of one key",
       {.filter = And({Tag("twice", "first"), Tag("twice", "second")})},
       {kTypes}},
  };
}

std::vector<Row> AttributeRows() {
  const auto eq = [](FilterLevel level, std::string key, FilterValue value) {
    return Attr(FilterOp::kEq, level, std::move(key), {std::move(value)});
  };
  return {
      {"equal text", {.filter = eq(kSpan, "user", "ann")}, {kCheckout}},
      {"equal number", {.filter = eq(kSpan, "http.status_code", std::int64_t{200})}, {kCheckout}},
      {"equal text that looks like a number",
       {.filter = eq(kSpan, "http.status_code", "200")},
       {kSplit}},
      {"equal bool", {.filter = eq(kSpan, "bool", true)}, {kTypes}},
      {"a double equals a whole number", {.filter = eq(kSpan, "whole", std::int64_t{5})}, {kTypes}},
      {"an integer equals a double", {.filter = eq(kSpan, "int", -7.0)}, {kTypes}},
      {"large integers are exact",
       {.filter = eq(kSpan, "large", std::int64_t{9'007'199'254'740'992})},
       {}},
      {"a large integer and a double", {.filter = eq(kSpan, "large", 9'007'199'254'740'992.0)}, {}},
      {"bytes equal nothing", {.filter = eq(kSpan, "bytes", "01ab")}, {}},
      {"at the resource", {.filter = eq(kResource, "zone", "a")}, {kSplit, kPayment, kCheckout}},
      {"at the wrong level", {.filter = eq(kSpan, "zone", "a")}, {}},
      {"service.name at the resource",
       {.filter = eq(kResource, "service.name", "legacy")},
       {kThrift}},
      {"at the scope", {.filter = eq(kScope, "scope.key", "scope value")}, {kCheckout}},
      {"at an event", {.filter = eq(kEvent, "size", std::int64_t{10})}, {kEvents}},
      {"at a link", {.filter = eq(kLink, "reason", "retry")}, {kEvents}},
      {"at any level: span", {.filter = eq(kAny, "user", "bob")}, {kPayment}},
      {"at any level: resource",
       {.filter = eq(kAny, "cores", std::int64_t{8})},
       {kSplit, kPayment}},
      {"at any level: scope", {.filter = eq(kAny, "scope.key", "scope value")}, {kCheckout}},
      {"at any level: event", {.filter = eq(kAny, "type", "sent")}, {kEvents}},
      {"at any level: link", {.filter = eq(kAny, "reason", "batch")}, {kEvents}},
      {"error is the status", {.filter = eq(kSpan, "error", true)}, {kThrift, kPayment}},
      {"error=false is any other status",
       {.operation = "charge", .filter = eq(kSpan, "error", false)},
       {kPayment, kCheckout}},

      {"not equal", {.filter = Attr(FilterOp::kNe, kSpan, "user", {"ann"})}, {kPayment}},
      {"not equal to any of two values",
       {.filter = Attr(FilterOp::kNe, kSpan, "twice", {"second"})},
       {}},
      {"not equal, by type",
       {.filter = Attr(FilterOp::kNe, kSpan, "http.status_code", {std::int64_t{200}})},
       {kSplit, kPayment}},
      {"bytes differ from a text",
       {.filter = Attr(FilterOp::kNe, kSpan, "bytes", {"x"})},
       {kTypes}},
      {"greater",
       {.filter = Attr(FilterOp::kGt, kSpan, "http.status_code", {std::int64_t{200}})},
       {kPayment}},
      {"greater or equal",
       {.filter = Attr(FilterOp::kGte, kSpan, "http.status_code", {200.0})},
       {kPayment, kCheckout}},
      {"less", {.filter = Attr(FilterOp::kLt, kSpan, "int", {-6.5})}, {kTypes}},
      {"less or equal",
       {.filter = Attr(FilterOp::kLte, kSpan, "infinite", {std::int64_t{0}})},
       {kTypes}},
      {"order of texts", {.filter = Attr(FilterOp::kLt, kSpan, "user", {"b"})}, {kCheckout}},
      {"a text has no order with a number",
       {.filter = Attr(FilterOp::kGt, kSpan, "text", {std::int64_t{0}})},
       {}},
      {"exists", {.filter = Attr(FilterOp::kExists, kSpan, "right", {})}, {kSplit}},
      {"exists without a value", {.filter = Attr(FilterOp::kExists, kSpan, "empty", {})}, {kTypes}},
      {"in", {.filter = Attr(FilterOp::kIn, kSpan, "user", {"bob", "eve"})}, {kPayment}},
      {"in, by type",
       {.filter = Attr(FilterOp::kIn, kSpan, "http.status_code", {"402", std::int64_t{200}})},
       {kCheckout}},
      {"not in", {.filter = Attr(FilterOp::kNotIn, kSpan, "user", {"bob", "eve"})}, {kCheckout}},
      {"regex anywhere",
       {.filter = Attr(FilterOp::kRegex, kSpan, "text", {"e t[a-z]x"})},
       {kTypes}},
      {"regex that matches nothing",
       {.filter = Attr(FilterOp::kRegex, kSpan, "text", {"^text"})},
       {}},
      {"regex looks at texts only",
       {.filter = Attr(FilterOp::kRegex, kSpan, "http.status_code", {"0"})},
       {kSplit}},
  };
}

std::vector<Row> FieldRows() {
  const auto eq = [](FilterLevel level, std::string key, FilterValue value) {
    return Field(FilterOp::kEq, level, std::move(key), {std::move(value)});
  };
  return {
      {"trace id",
       {.filter = eq(kSpan, "traceID", "00000000000000010000000000000002")},
       {kPayment}},
      {"short trace id", {.filter = eq(kSpan, "traceID", "4")}, {kThrift}},
      {"span id", {.filter = eq(kSpan, "spanID", "0000000000000032")}, {kSplit}},
      {"parent", {.filter = eq(kSpan, "parentSpanID", "21")}, {kPayment}},
      {"has a parent",
       {.filter = Field(FilterOp::kExists, kSpan, "parentSpanID", {})},
       {kPayment, kCheckout}},
      {"state", {.filter = eq(kSpan, "traceState", "vendor=1")}, {kPayment}},
      {"name", {.filter = eq(kSpan, "name", "thrift call")}, {kThrift}},
      {"name by regex",
       {.filter = Field(FilterOp::kRegex, kSpan, "name", {"POST /ch[a-z]*k"})},
       {kCheckout}},
      {"kind", {.filter = eq(kSpan, "kind", "producer")}, {kEvents}},
      {"kind unspecified", {.filter = eq(kSpan, "kind", "unspecified")}, {kTypes, kSplit}},
      {"start", {.filter = eq(kSpan, "startTime", InNanoseconds(At(5)))}, {kTypes}},
      {"end", {.filter = eq(kSpan, "endTime", InNanoseconds(At(4, milliseconds(400))))}, {kThrift}},
      {"duration",
       {.filter = Field(FilterOp::kGt, kSpan, "duration",
                        {std::int64_t{Nanoseconds(milliseconds(499)).count()}})},
       {kEvents, kTypes}},
      {"status", {.filter = eq(kSpan, "status", "error")}, {kThrift, kPayment}},
      {"status in",
       {.filter = Field(FilterOp::kIn, kSpan, "status", {"ok", "error"})},
       {kThrift, kPayment, kCheckout}},
      {"status message", {.filter = eq(kSpan, "statusMessage", "card declined")}, {kPayment}},
      {"service", {.filter = eq(kResource, "service", "legacy")}, {kThrift}},
      {"schema of the resource",
       {.filter = eq(kResource, "schemaURL", "https://schema/web")},
       {kSplit, kPayment, kCheckout}},
      {"name of the scope", {.filter = eq(kScope, "name", "http-library")}, {kCheckout}},
      {"version of the scope", {.filter = eq(kScope, "version", "1.0")}, {kCheckout}},
      {"name of an event", {.filter = eq(kEvent, "name", "message")}, {kEvents}},
      {"time of an event", {.filter = eq(kEvent, "time", InNanoseconds(At(4)))}, {kThrift}},
      {"event since the start",
       {.filter = Field(FilterOp::kGte, kEvent, "timeSinceStart",
                        {std::int64_t{Nanoseconds(milliseconds(200)).count()}})},
       {kEvents}},
      {"trace of a link", {.filter = eq(kLink, "traceID", "1")}, {kEvents}},
      {"span of a link", {.filter = eq(kLink, "spanID", "22")}, {kEvents}},
      {"state of a link", {.filter = eq(kLink, "traceState", "link=1")}, {kEvents}},
  };
}

std::vector<Row> TreeRows() {
  const FilterNode ann = Attr(FilterOp::kEq, kSpan, "user", {"ann"});
  const FilterNode bob = Attr(FilterOp::kEq, kSpan, "user", {"bob"});
  const FilterNode is_error = Attr(FilterOp::kEq, kEvent, "type", {"IOError"});
  const FilterNode of_size = Attr(FilterOp::kExists, kEvent, "size", {});
  return {
      {"or", {.filter = Or({ann, bob})}, {kPayment, kCheckout}},
      {"and of nothing", {.filter = And({})}, kAll},
      {"not turns absence into a match", {.service = "payments", .filter = Not(bob)}, {kSplit}},
      {"not of not", {.filter = Not(Not(bob))}, {kPayment}},
      {"nested",
       {.filter = And({Or({ann, bob}), Not(Attr(FilterOp::kEq, kSpan, "error", {true}))})},
       {kCheckout}},
      {"beside the other predicates",
       {.service = "web", .filter = Or({ann, bob}), .duration = AtLeast(milliseconds(100))},
       {kCheckout}},
      {"two events", {.filter = And({is_error, of_size})}, {kEvents}},
      {"one event", {.filter = Some(kEvent, {is_error, of_size})}, {}},
      {"one event that has both",
       {.filter = Some(kEvent, {Attr(FilterOp::kEq, kEvent, "type", {"sent"}), of_size})},
       {kEvents}},
      {"one event, and the span's name",
       {.filter = Some(kEvent, {is_error, Field(FilterOp::kEq, kSpan, "name", {"events"})})},
       {kEvents}},
      {"one link",
       {.filter = Some(kLink, {Attr(FilterOp::kEq, kLink, "reason", {"batch"}),
                               Field(FilterOp::kEq, kLink, "spanID", {"11"})})},
       {kEvents}},
      {"two links where one was asked for",
       {.filter = Some(kLink, {Attr(FilterOp::kEq, kLink, "reason", {"batch"}),
                               Field(FilterOp::kEq, kLink, "spanID", {"22"})})},
       {}},
      {"an event without an attribute",
       {.filter = Some(kEvent, {Not(of_size)})},
       {kEvents, kThrift}},
  };
}

bool CanAnswer(const Capabilities& can, const TraceQuery& query) {
  return CanFilter(can, query.filter) && (can.without_service || query.service.has_value());
}

void CheckRow(TestStore& store, const Row& row) {
  CAPTURE(row.name);
  if (!CanAnswer(store.can(), row.query)) {
    CHECK(IsUnimplemented(store.reader().FindTraces({}, row.query)));
    CHECK(IsUnimplemented(store.reader().FindTraceIds({}, row.query)));
    return;
  }
  std::vector<TraceId> expected = row.found;
  const auto traces = MustReadAll(store.reader().FindTraces({}, row.query));
  const auto page = store.reader().FindTraceIds({}, row.query);
  REQUIRE(page.ok());
  std::vector<TraceId> found = IdsOf(traces);
  std::vector<TraceId> found_ids = IdsOf(page->items);
  if (!store.can().newest_first) {
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    std::sort(found_ids.begin(), found_ids.end());
  }
  CHECK(found == expected);
  CHECK(found_ids == expected);
  for (const ReadTrace& trace : traces) {
    const bool is_single =
        trace.trace_id == kThrift || trace.trace_id == kTypes || trace.trace_id == kEvents;
    CHECK(trace.spans.size() == (is_single ? 1 : 2));
  }
}

void CheckRows(const std::vector<Row>& rows) {
  TestStore store(EachBackend());
  MustWrite(*store, SearchFixture());
  for (const Row& row : rows) {
    CheckRow(store, row);
  }
}

TEST_CASE("search: service, operation, start and duration", "[search]") {
  CheckRows(PredicateRows());
}
TEST_CASE("search: tags are compared as the text that Jaeger shows", "[search]") {
  CheckRows(TagRows());
}
TEST_CASE("search: attributes are compared by type and level", "[search]") {
  CheckRows(AttributeRows());
}
TEST_CASE("search: intrinsic fields", "[search]") { CheckRows(FieldRows()); }
TEST_CASE("search: combined filters", "[search]") { CheckRows(TreeRows()); }

TEST_CASE("search: spans written in any order and batch are found alike", "[search]") {
  TestStore store(EachBackend());
  std::vector<TestSpan> spans = SearchFixture();
  std::reverse(spans.begin(), spans.end());
  for (const TestSpan& span : spans) {
    MustWrite(*store, {span});
  }
  for (const Row& row : PredicateRows()) {
    CheckRow(store, row);
  }
}

TEST_CASE("search: a trace that grows is found by its new spans", "[search]") {
  TestStore store(EachBackend());
  MustWrite(*store, SearchFixture());
  const TraceQuery query{.service = "late"};
  CHECK(MustReadAll(store.reader().FindTraces({}, query)).empty());
  MustWrite(*store,
            {{.trace_id = kPayment, .start_time = At(9), .resource = {.service_name = "late"}}});
  const auto traces = MustReadAll(store.reader().FindTraces({}, query));
  REQUIRE(IdsOf(traces) == std::vector<TraceId>{kPayment});
  CHECK(traces.front().spans.size() == 3);
}

TEST_CASE("search: malformed filters are refused", "[search]") {
  TestStore store(EachBackend());
  MustWrite(*store, SearchFixture());
  const auto [name, filter] = GENERATE(table<std::string, FilterNode>({
      {"regex", Attr(FilterOp::kRegex, kSpan, "user", {"("})},
      {"regex of a number", Attr(FilterOp::kRegex, kSpan, "user", {std::int64_t{1}})},
      {"no value", Attr(FilterOp::kEq, kSpan, "user", {})},
      {"two values", Attr(FilterOp::kGt, kSpan, "user", {"a", "b"})},
      {"in nothing", Attr(FilterOp::kIn, kSpan, "user", {})},
      {"or of nothing", Or({})},
      {"unknown field", Field(FilterOp::kEq, kSpan, "colour", {"red"})},
      {"field of another level", Field(FilterOp::kEq, kResource, "duration", {std::int64_t{1}})},
      {"unknown kind", Field(FilterOp::kEq, kSpan, "kind", {"helper"})},
      {"order of kinds", Field(FilterOp::kGt, kSpan, "kind", {"server"})},
      {"duration as text", Field(FilterOp::kGt, kSpan, "duration", {"long"})},
      {"id that is none", Field(FilterOp::kEq, kSpan, "spanID", {"xyz"})},
      {"some of a resource", Some(kResource, {Attr(FilterOp::kExists, kResource, "a", {})})},
      {"some of nothing", Some(kEvent, {})},
  }));
  CAPTURE(name);
  if (!CanFilter(store.can(), filter)) {
    return;
  }
  const auto refused = [](const auto& result) {
    return !result.ok() && result.error().code == ErrorCode::kInvalidArgument;
  };
  CHECK(refused(store.reader().FindTraces({}, {.service = "web", .filter = filter})));
  CHECK(refused(store.reader().FindTraceIds({}, {.service = "web", .filter = filter})));
}

TEST_CASE("search: filters nest twenty deep and no deeper", "[search]") {
  TestStore store(EachBackend());
  MustWrite(*store, SearchFixture());
  FilterNode filter = Attr(FilterOp::kEq, kSpan, "user", {"ann"});
  for (int depth = 1; depth < 20; ++depth) {
    filter = And({std::move(filter)});
  }
  if (!CanFilter(store.can(), filter)) {
    return;
  }
  CHECK(IdsOf(MustReadAll(store.reader().FindTraces({}, {.service = "web", .filter = filter}))) ==
        std::vector<TraceId>{kCheckout});
  const auto deeper =
      store.reader().FindTraces({}, {.service = "web", .filter = And({std::move(filter)})});
  REQUIRE_FALSE(deeper.ok());
  CHECK(deeper.error().code == ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pugmark::testing
