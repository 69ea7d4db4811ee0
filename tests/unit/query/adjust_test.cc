#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <string>

#include "fake_storage.h"
#include "query/service/adjust/adjusted_source.h"
#include "query/service/adjust/clock_skew.h"
#include "query/service/adjust/jaeger_view.h"
#include "query/service/adjust/unique_span_ids.h"

namespace pugmark {
namespace {

using namespace std::chrono_literals;

using Traces = std::vector<std::vector<TestSpan>>;

constexpr std::size_t kArenaBytes = std::size_t{64} << 20;

// Gives out traces in parts of `part_size` spans.
class ListSource : public TraceSource {
 public:
  ListSource(std::vector<std::vector<TestSpan>> traces, std::size_t part_size)
      : traces_(std::move(traces)), part_size_(part_size) {}

  Result<TracePart> Next() override {
    while (trace_ < traces_.size() && next_ >= traces_[trace_].size()) {
      ++trace_;
      next_ = 0;
    }
    if (trace_ == traces_.size()) {
      return TracePart();
    }
    const auto& trace = traces_[trace_];
    const std::size_t end = std::min(trace.size(), next_ + part_size_);
    auto arena = std::make_unique<Arena>(kArenaBytes);
    const std::span<Span> spans =
        BuildSpans(*arena, {trace.begin() + static_cast<std::ptrdiff_t>(next_),
                            trace.begin() + static_cast<std::ptrdiff_t>(end)});
    TracePart part;
    part.begins_trace = next_ == 0;
    part.chunk = std::make_unique<TraceChunk>(trace.front().trace_id, std::move(arena), spans);
    next_ = end;
    return part;
  }
  [[nodiscard]] const std::vector<TraceId>& missing() const override { return missing_; }

 private:
  const std::vector<std::vector<TestSpan>> traces_;
  const std::size_t part_size_;
  std::size_t trace_ = 0;
  std::size_t next_ = 0;
  const std::vector<TraceId> missing_;
};

struct Adjusted {
  std::deque<TracePart> parts;
  std::vector<const Span*> spans;
};

Adjusted Adjust(std::vector<TestSpan> trace, AdjustOptions options = {},
                std::size_t part_size = 1'000) {
  AdjustedSource source(
      std::make_unique<ListSource>(Traces{trace}, part_size),
      [&trace, part_size](TraceId) {
        return std::make_unique<ListSource>(Traces{trace}, part_size);
      },
      options);
  Adjusted adjusted;
  for (;;) {
    auto part = source.Next();
    REQUIRE(part.ok());
    if (part->chunk == nullptr) {
      return adjusted;
    }
    CHECK(part->begins_trace == adjusted.parts.empty());
    adjusted.parts.push_back(*std::move(part));
    for (const Span& span : adjusted.parts.back().chunk->spans()) {
      adjusted.spans.push_back(&span);
    }
  }
}

AdjustOptions WithSkew(Nanoseconds most) {
  AdjustOptions options;
  options.max_skew = most;
  return options;
}

AdjustOptions Otlp() {
  AdjustOptions options;
  options.dialect = AdjustDialect::kOtlp;
  return options;
}

std::vector<std::string> WarningsOf(const Span& span) {
  return {span.warnings.begin(), span.warnings.end()};
}

std::string TagText(std::span<const Attribute> tags) {
  std::string text;
  for (const Attribute& tag : tags) {
    text += (text.empty() ? "" : ",") + std::string(tag.key) + "=";
    switch (tag.value.type()) {
      case ValueType::kInt:
        text += std::to_string(tag.value.integer());
        break;
      case ValueType::kBool:
        text += tag.value.boolean() ? "true" : "false";
        break;
      case ValueType::kDouble:
        text += std::to_string(tag.value.real());
        break;
      default:
        text += tag.value.text();
    }
  }
  return text;
}

TestSpan Rpc(SpanId id, SpanId parent, const std::string& kind) {
  return {.span_id = id, .parent = parent, .tags = {{"span.kind", kind}}};
}

// A span on a host, in microseconds.
TestSpan OnHost(SpanId id, SpanId parent, const std::string& host, std::int64_t start,
                std::int64_t duration) {
  TestSpan span{.span_id = id, .parent = parent, .start_us = start, .duration_us = duration};
  if (!host.empty()) {
    span.process_tags = {{"ip", host}};
  }
  return span;
}

}  // namespace

TEST_CASE("adjust: a server that shares its id with its client gets one of its own", "[query]") {
  const Adjusted adjusted = Adjust(
      {Rpc(10, 0, "client"), Rpc(10, 0, "server"), Rpc(1, 10, "internal"), Rpc(3, 10, "client")});
  REQUIRE(adjusted.spans.size() == 4);
  CHECK(adjusted.spans[0]->span_id == 10);
  CHECK(adjusted.spans[0]->parent_span_id == 0);
  CHECK(adjusted.spans[1]->span_id == 2);  // 1 is in use
  CHECK(adjusted.spans[1]->parent_span_id == 10);
  CHECK(adjusted.spans[2]->parent_span_id == 2);
  CHECK(adjusted.spans[3]->parent_span_id == 2);
  for (const std::size_t i : {1U, 2U, 3U}) {
    CAPTURE(i);
    REQUIRE(adjusted.spans[i]->links.size() == 1);
    CHECK(adjusted.spans[i]->links[0].span_id == adjusted.spans[i]->parent_span_id);
    CHECK(adjusted.spans[i]->links[0].ref_type == RefType::kChildOf);
  }
}

TEST_CASE("adjust: who keeps an id", "[query]") {
  const auto [first, second, new_id] = GENERATE(table<std::string, std::string, SpanId>({
      {"client", "server", 1},
      {"server", "client", 10},  // the server comes first; the second span is the client
      {"client", "client", 10},
      {"server", "server", 10},
      {"client", "SERVER", 10},
      {"producer", "consumer", 10},
  }));
  CAPTURE(first, second);
  const Adjusted adjusted = Adjust({Rpc(10, 0, first), Rpc(10, 5, second)});
  REQUIRE(adjusted.spans.size() == 2);
  CHECK(adjusted.spans[1]->span_id == new_id);
}

TEST_CASE("adjust: two servers below one client id", "[query]") {
  // As in Jaeger, the last server takes the children, and the first server too.
  const Adjusted adjusted =
      Adjust({Rpc(10, 0, "client"), Rpc(10, 0, "server"), Rpc(10, 0, "server"), Rpc(7, 10, "")});
  // The servers are exact duplicates but for their new ids, and both stay.
  REQUIRE(adjusted.spans.size() == 4);
  CHECK(adjusted.spans[1]->span_id == 1);
  CHECK(adjusted.spans[2]->span_id == 2);
  CHECK(adjusted.spans[1]->parent_span_id == 2);
  CHECK(adjusted.spans[2]->parent_span_id == 10);
  CHECK(adjusted.spans[3]->parent_span_id == 2);
}

TEST_CASE("adjust: the first tag of several says the kind, and OTLP's kind its own", "[query]") {
  std::vector<TestSpan> trace{Rpc(10, 0, "client"), Rpc(10, 0, "client")};
  trace[1].kind = SpanKind::kServer;
  CHECK(Adjust(trace).spans.size() == 2);
  CHECK(Adjust(trace).spans[1]->span_id == 10);
  trace[0].kind = SpanKind::kClient;
  CHECK(Adjust(trace, Otlp()).spans[1]->span_id == 1);
}

TEST_CASE("adjust: tags and log fields are sorted, event first", "[query]") {
  const Adjusted adjusted =
      Adjust({{.tags = {{"b", "2"}, {"a", std::int64_t{1}}, {"a", true}, {"a", "x"}, {"a", 0.5}},
               .events = {{.time_us = 5, .fields = {{"z", "1"}, {"event", "e"}, {"a", "2"}}},
                          {.time_us = 4, .fields = {{"z", "1"}, {"event", std::int64_t{3}}}},
                          {.time_us = 3, .name = "named", .fields = {{"b", "1"}, {"a", "1"}}}}}});
  const Span& span = *adjusted.spans.at(0);
  CHECK(TagText(span.attributes) == "a=x,a=true,a=1,a=0.500000,b=2");
  REQUIRE(span.events.size() == 3);
  CHECK(TagText(span.events[0].attributes) == "event=e,a=2,z=1");
  CHECK(TagText(span.events[1].attributes) == "event=3,z=1");
  CHECK(TagText(span.events[2].attributes) == "event=named,a=1,b=1");
  CHECK(span.events[2].name.empty());
}

TEST_CASE("adjust: what an OTLP span says in fields becomes tags once", "[query]") {
  const Adjusted adjusted =
      Adjust({{.kind = SpanKind::kServer, .format = SourceFormat::kOtlp, .tags = {{"z", "1"}}}});
  CHECK(TagText(adjusted.spans.at(0)->attributes) == "span.kind=server,z=1");
  CHECK(adjusted.spans.at(0)->format == SourceFormat::kUnknown);
}

TEST_CASE("adjust: spans of equal content are shown once, the first of them", "[query]") {
  TestSpan span{.span_id = 5, .tags = {{"a", "1"}, {"b", "2"}}};
  TestSpan other_order = span;
  std::swap(other_order.tags[0], other_order.tags[1]);
  TestSpan other_tag = span;
  other_tag.tags[0].second = "7";
  TestSpan other_process = span;
  other_process.service = "other";
  const std::vector<TestSpan> trace{span, other_order, other_tag, span, other_process};
  const std::size_t part_size = GENERATE(1U, 2U, 100U);
  CAPTURE(part_size);
  const Adjusted adjusted = Adjust(trace, {}, part_size);
  REQUIRE(adjusted.spans.size() == 3);
  CHECK(TagText(adjusted.spans[0]->attributes) == "a=1,b=2");
  CHECK(TagText(adjusted.spans[1]->attributes) == "a=7,b=2");
  CHECK(adjusted.spans[2]->resource->service_name == "other");
  CHECK(WarningsOf(*adjusted.spans[0]).empty());
  CHECK(WarningsOf(*adjusted.spans[1]) ==
        std::vector<std::string>{"duplicate span IDs; skipping clock skew adjustment"});
}

TEST_CASE("adjust: clock skew, one call at a time", "[query]") {
  struct Case {
    std::string name;
    std::string parent_host, child_host;
    std::int64_t child_start, child_duration;  // the parent: 1000 to 1100
    std::int64_t shift;
  };
  const auto c = GENERATE(values<Case>({
      {"fits", "a", "b", 1010, 50, 0},
      {"fits exactly", "a", "b", 1000, 100, 0},
      {"same host is not compared", "a", "a", 500, 50, 0},
      {"no host is another host", "", "", 500, 50, 525},
      {"early", "a", "b", 900, 50, 125},
      {"late", "a", "b", 2000, 50, -975},
      {"overhanging at the end", "a", "b", 1090, 50, -65},
      {"odd difference rounds down", "a", "b", 0, 51, 1024},
      {"longer and early", "a", "b", 990, 200, 10},
      {"longer and not early", "a", "b", 1050, 200, 0},
      {"as long and late", "a", "b", 1001, 100, -1},
  }));
  CAPTURE(c.name);
  const std::vector<TestSpan> trace{OnHost(1, 0, c.parent_host, 1000, 100),
                                    OnHost(2, 1, c.child_host, c.child_start, c.child_duration)};
  const Adjusted adjusted = Adjust(trace, WithSkew(1s));
  // Microseconds, but half of 49 us.
  const Nanoseconds shift =
      c.name == "odd difference rounds down" ? Nanoseconds(1'024'500) : DurationFromMicros(c.shift);
  CHECK(adjusted.spans[0]->start_time == TimeFromMicros(1000));
  CHECK(adjusted.spans[1]->start_time == TimeFromMicros(c.child_start) + shift);
  CHECK(WarningsOf(*adjusted.spans[1]).empty() == (shift == Nanoseconds(0)));
}

TEST_CASE("adjust: skew is told as Jaeger tells it", "[query]") {
  std::vector<TestSpan> trace{OnHost(1, 0, "a", 1000, 100), OnHost(2, 1, "b", 900, 50)};
  trace[1].events = {{.time_us = 905}};
  const auto [most, warning, start, event] =
      GENERATE(table<Nanoseconds, std::string, std::int64_t, std::int64_t>({
          {0s, "clock skew adjustment disabled; not applying calculated delta of 125µs", 900, 905},
          {100us,
           "max clock skew adjustment delta of 100µs exceeded; not applying calculated delta of "
           "125µs",
           900, 905},
          {125us, "This span's timestamps were adjusted by 125µs", 1025, 1030},
          {1h, "This span's timestamps were adjusted by 125µs", 1025, 1030},
      }));
  CAPTURE(warning);
  const Adjusted adjusted = Adjust(trace, WithSkew(most));
  CHECK(WarningsOf(*adjusted.spans[1]) == std::vector<std::string>{warning});
  CHECK(adjusted.spans[1]->start_time == TimeFromMicros(start));
  CHECK(adjusted.spans[1]->events[0].time == TimeFromMicros(event));
}

TEST_CASE("adjust: skew is inherited on a host and compared with adjusted parents", "[query]") {
  const std::vector<TestSpan> trace{
      OnHost(1, 0, "a", 1000, 100), OnHost(2, 1, "b", 900, 50),  // +125: 1025 to 1075
      OnHost(3, 2, "b", 910, 10),                                // inherits +125
      OnHost(4, 3, "c", 1040, 4),                                // inside 1035 to 1045: nothing
      OnHost(5, 2, "c", 910, 10),                                // +135: (50 - 10) / 2 after 1025
  };
  const Adjusted adjusted = Adjust(trace, WithSkew(1s));
  const std::map<SpanId, std::int64_t> wanted{
      {1, 1000}, {2, 1025}, {3, 1035}, {4, 1040}, {5, 1045}};
  for (const Span* span : adjusted.spans) {
    CAPTURE(span->span_id);
    CHECK(ToMicros(span->start_time) == wanted.at(span->span_id));
  }
  // Refused, the shift is inherited all the same, but the parent stays where it was.
  const Adjusted refused = Adjust(trace, WithSkew(1us));
  CHECK(WarningsOf(*refused.spans[2]) ==
        std::vector<std::string>{"max clock skew adjustment delta of 1µs exceeded; not applying "
                                 "calculated delta of 125µs"});
  CHECK(WarningsOf(*refused.spans[3]) ==
        std::vector<std::string>{"max clock skew adjustment delta of 1µs exceeded; not applying "
                                 "calculated delta of -127µs"});
  CHECK(WarningsOf(*refused.spans[4]).empty());  // 910 to 920 lies inside 900 to 950
}

TEST_CASE("adjust: odd trees are left alone and told of", "[query]") {
  const Adjusted adjusted =
      Adjust({OnHost(1, 99, "a", 1000, 100), OnHost(2, 2, "b", 0, 5), OnHost(3, 4, "b", 0, 5),
              OnHost(4, 3, "c", 9, 9), OnHost(1, 0, "d", 7, 7), OnHost(5, 1, "e", 0, 10)},
             WithSkew(1s));
  CHECK(WarningsOf(*adjusted.spans[0]) ==
        std::vector<std::string>{
            "invalid parent span IDs=0000000000000063; skipping clock skew adjustment"});
  CHECK(WarningsOf(*adjusted.spans[1]).empty());  // its own parent
  CHECK(WarningsOf(*adjusted.spans[2]).empty());  // a cycle
  CHECK(WarningsOf(*adjusted.spans[3]).empty());
  CHECK(WarningsOf(*adjusted.spans[4]) ==
        std::vector<std::string>{"duplicate span IDs; skipping clock skew adjustment"});
  CHECK(ToMicros(adjusted.spans[5]->start_time) == 1045);  // below the first of the two
  CHECK(WarningsOf(*Adjust({OnHost(1, 99, "a", 1000, 100)}, Otlp()).spans[0]) ==
        std::vector<std::string>{"parent span ID=0000000000000063 is not in the trace; skipping "
                                 "clock skew adjustment"});
}

TEST_CASE("adjust: times at the ends of 64 bits saturate", "[query]") {
  constexpr std::int64_t kMaxUs = std::numeric_limits<std::int64_t>::max() / 1000;
  const Adjusted adjusted =
      Adjust({OnHost(1, 0, "a", kMaxUs, kMaxUs), OnHost(2, 1, "b", -kMaxUs, 5),
              OnHost(3, 1, "c", kMaxUs, 5), OnHost(4, 2, "d", kMaxUs, kMaxUs)},
             WithSkew(Nanoseconds::max()));
  CHECK(adjusted.spans.size() == 4);
}

TEST_CASE("adjust: a chain of 100,000 spans", "[query]") {
  std::vector<TestSpan> trace;
  for (SpanId id = 1; id <= 100'000; ++id) {
    // Each span begins 1 us too early on a host of its own.
    trace.push_back(
        OnHost(id, id - 1, id % 2 == 0 ? "a" : "b", -static_cast<std::int64_t>(id), 10));
  }
  const Adjusted adjusted = Adjust(trace, WithSkew(1h));
  REQUIRE(adjusted.spans.size() == 100'000);
  CHECK(ToMicros(adjusted.spans.back()->start_time) == -1);
}

TEST_CASE("adjust: hosts are told apart by the ip in any form", "[query]") {
  const auto [dialect, tags, key] = GENERATE(table<AdjustDialect, TestTags, std::string>({
      {AdjustDialect::kJaeger, {{"ip", "10.0.0.1"}}, "10.0.0.1"},
      {AdjustDialect::kJaeger, {{"ip", std::int64_t{0x0a000001}}}, "10.0.0.1"},
      {AdjustDialect::kJaeger, {{"ip", std::int64_t{-1}}}, "255.255.255.255"},
      {AdjustDialect::kJaeger, {{"ip", 1.5}}, ""},
      {AdjustDialect::kJaeger, {{"host.name", "h"}}, ""},
      {AdjustDialect::kOtlp, {{"host.name", "h"}}, "h"},
      {AdjustDialect::kOtlp, {{"host.name", "h"}, {"host.id", "i"}}, "i"},
      {AdjustDialect::kOtlp, {{"ip", "10.0.0.1"}}, ""},
  }));
  Arena arena(kArenaBytes);
  const std::span<Span> spans = BuildSpans(arena, {{.process_tags = tags}});
  CHECK(HostKey(*spans[0].resource, dialect) == key);
}

TEST_CASE("adjust: binary addresses and lists of addresses", "[query]") {
  Resource resource;
  std::array<Attribute, 1> attributes{{{"ip", Value::Bytes("\x0a\x01\x02\x03")}}};
  resource.attributes = attributes;
  CHECK(HostKey(resource, AdjustDialect::kJaeger) == "10.1.2.3");
  const std::string v6 = "\x20\x01" + std::string(13, '\0') + "\x01";
  attributes[0].value = Value::Bytes(v6);
  CHECK(HostKey(resource, AdjustDialect::kJaeger) == "2001::1");
  attributes[0].value = Value::Bytes("12345");
  CHECK(HostKey(resource, AdjustDialect::kJaeger).empty());
  const std::array<Value, 2> ips{Value::String("10.0.0.7"), Value::String("10.0.0.8")};
  attributes[0] = {"host.ip", Value::Array(ips)};
  CHECK(HostKey(resource, AdjustDialect::kOtlp) == "10.0.0.7");
}

TEST_CASE("adjust: numbers that are addresses become text", "[query]") {
  const Adjusted adjusted = Adjust({{.tags = {{"ip", std::int64_t{0x7f000001}},
                                              {"peer.ipv4", 3232235777.0},
                                              {"peer.ipv4", -1.0},
                                              {"peer.ipv6", std::int64_t{1}},
                                              {"other", std::int64_t{1}}},
                                     .process_tags = {{"ip", std::int64_t{1}}}}});
  CHECK(TagText(adjusted.spans[0]->attributes) ==
        "ip=127.0.0.1,other=1,peer.ipv4=0.0.0.0,peer.ipv4=192.168.1.1,peer.ipv6=1");
  CHECK(TagText(adjusted.spans[0]->resource->attributes) == "ip=0.0.0.1");
}

TEST_CASE("adjust: library tags move to the process", "[query]") {
  const TestSpan span{.tags = {{"telemetry.sdk.language", "cpp"},
                               {"telemetry.distro.version", "1"},
                               {"telemetry.other", "x"},
                               {"a", "b"}},
                      .process_tags = {{"telemetry.sdk.language", "go"}, {"z", "1"}}};
  TestSpan plain = span;
  plain.span_id = 2;
  plain.tags = {{"a", "b"}};

  const Adjusted jaeger = Adjust({span, plain});
  CHECK(TagText(jaeger.spans[0]->attributes) == "a=b,telemetry.other=x");
  CHECK(TagText(jaeger.spans[0]->resource->attributes) ==
        "telemetry.distro.version=1,telemetry.sdk.language=cpp,telemetry.sdk.language=go,z=1");
  CHECK(TagText(jaeger.spans[1]->resource->attributes) == "telemetry.sdk.language=go,z=1");
  CHECK(WarningsOf(*jaeger.spans[0]).empty());

  const Adjusted otlp = Adjust({span, plain}, Otlp());
  CHECK(TagText(otlp.spans[0]->attributes) == "a=b,telemetry.other=x,telemetry.sdk.language=cpp");
  CHECK(TagText(otlp.spans[0]->resource->attributes) ==
        "telemetry.distro.version=1,telemetry.sdk.language=go,z=1");
  CHECK(WarningsOf(*otlp.spans[0]) ==
        std::vector<std::string>{
            "conflicting values between Span and Resource for attribute telemetry.sdk.language"});
}

TEST_CASE("adjust: references", "[query]") {
  const TraceId here{0, 1};
  const TraceId there{0, 2};
  TestSpan span{.span_id = 9, .parent = 3};
  span.links = {{there, 5, RefType::kChildOf},
                {{}, 6, RefType::kFollowsFrom},
                {here, 4, RefType::kFollowsFrom},
                {here, 3, RefType::kChildOf}};
  const Adjusted jaeger = Adjust({span});
  const Span& adjusted = *jaeger.spans[0];
  REQUIRE(adjusted.links.size() == 3);
  CHECK(adjusted.links[0].span_id == 3);  // the parent comes first
  CHECK(adjusted.links[1].span_id == 4);
  CHECK(adjusted.links[2].span_id == 5);
  CHECK(WarningsOf(adjusted).back() ==
        "Invalid span reference removed {TraceID:0000000000000000 SpanID:0000000000000006 "
        "RefType:FOLLOWS_FROM XXX_NoUnkeyedLiteral:{} XXX_unrecognized:[] XXX_sizecache:0}");
  const Adjusted otlp = Adjust({span}, Otlp());
  CHECK(otlp.spans[0]->links.size() == 3);
  CHECK(WarningsOf(*otlp.spans[0]).back() == "Invalid span link removed");

  // Without a CHILD_OF of this trace the first reference of it comes first.
  span.parent = 0;
  span.links = {{there, 5, RefType::kChildOf}, {here, 4, RefType::kFollowsFrom}};
  CHECK(Adjust({span}).spans[0]->links[0].span_id == 4);
}

TEST_CASE("adjust: a trace too long to hold is read twice, with the same result", "[query]") {
  std::vector<TestSpan> trace;
  for (SpanId id = 1; id <= 3'000; ++id) {
    trace.push_back(OnHost(id, id / 2, "host " + std::to_string(id % 7),
                           static_cast<std::int64_t>(id * 37 % 1000), 10 + id % 90));
    trace.back().tags = {{"span.kind", id % 3 == 0 ? "client" : "internal"}, {"a", "b"}};
    if (id % 3 == 0) {
      trace.push_back(trace.back());
      trace.back().tags[0].second = "server";
    }
    if (id % 11 == 0) {
      trace.push_back(trace.back());  // a duplicate
    }
  }
  const Adjusted held = Adjust(trace, WithSkew(300us), 50);
  AdjustOptions little = WithSkew(300us);
  little.max_held_bytes = 1 << 20;
  const Adjusted reread = Adjust(trace, little, 50);
  CHECK(held.spans.size() < trace.size());
  REQUIRE(held.spans.size() == reread.spans.size());
  for (std::size_t i = 0; i < held.spans.size(); ++i) {
    CAPTURE(i);
    REQUIRE(SameSpan(*held.spans[i], *reread.spans[i]));
  }
}

TEST_CASE("adjust: the second reading may find other spans in another order", "[query]") {
  std::vector<TestSpan> first;
  for (SpanId id = 1; id <= 500; ++id) {
    first.push_back(OnHost(id, id == 1 ? 0 : 1, id == 1 ? "a" : "b", id == 1 ? 1000 : 0, 100));
    first.back().tags = {{"long", std::string(1'000, 'x')}};
  }
  std::vector<TestSpan> second(first.rbegin(), first.rend());
  second.erase(second.begin() + 10);
  second.insert(second.begin() + 5, OnHost(9'999, 1, "c", 5, 5));
  AdjustOptions little = WithSkew(1s);
  little.max_held_bytes = 1 << 18;
  AdjustedSource source(
      std::make_unique<ListSource>(Traces{first}, 20),
      [&second](TraceId) { return std::make_unique<ListSource>(Traces{second}, 20); }, little);
  std::size_t shifted = 0;
  std::size_t spans = 0;
  for (;;) {
    auto part = source.Next();
    REQUIRE(part.ok());
    if (part->chunk == nullptr) {
      break;
    }
    for (const Span& span : part->chunk->spans()) {
      ++spans;
      shifted += ToMicros(span.start_time) == 1'000 && span.span_id != 1 ? 1 : 0;
    }
  }
  CHECK(spans == 500);
  CHECK(shifted == 498);
}

TEST_CASE("adjust: several traces after one another", "[query]") {
  const std::vector<TestSpan> one{{.trace_id = {0, 1}}, {.trace_id = {0, 1}, .span_id = 2}};
  const std::vector<TestSpan> two{{.trace_id = {0, 2}}};
  AdjustedSource source(std::make_unique<ListSource>(Traces{one, two, two}, 1),
                        [](TraceId) -> std::unique_ptr<TraceSource> { return nullptr; }, {});
  std::string order;
  for (;;) {
    auto part = source.Next();
    REQUIRE(part.ok());
    if (part->chunk == nullptr) {
      break;
    }
    order += (part->begins_trace ? "|" : "+") + part->chunk->trace_id().ToText().substr(15);
  }
  CHECK(order == "|1+1|2|2");
}

}  // namespace pugmark
