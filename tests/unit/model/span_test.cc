#include "common/model/span.h"

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "common/model/span_batch.h"
#include "tests/support/span_generator.h"
#include "tests/support/span_text.h"

namespace pugmark::testing {
namespace {

Link Reference(RefType type, TraceId trace_id, SpanId span_id) {
  Link link;
  link.ref_type = type;
  link.trace_id = trace_id;
  link.span_id = span_id;
  return link;
}

// A span with something in every field, all of it its own.
struct FullSpan {
  std::array<Attribute, 2> attributes{Attribute{"a", Value::Int(1)},
                                      Attribute{"b", Value::String("x")}};
  std::array<Attribute, 1> event_attributes{Attribute{"e", Value::Int(1)}};
  std::array<Attribute, 1> link_attributes{Attribute{"l", Value::Int(1)}};
  std::array<Attribute, 1> resource_attributes{Attribute{"r", Value::Int(1)}};
  std::array<Attribute, 1> scope_attributes{Attribute{"s", Value::Int(1)}};
  std::array<Event, 1> events;
  std::array<Link, 1> links;
  std::array<std::string_view, 1> warnings{"careful"};
  Resource resource;
  Scope scope;
  Span span;

  FullSpan() {
    events[0].attributes = event_attributes;
    links[0].attributes = link_attributes;
    resource.attributes = resource_attributes;
    scope.attributes = scope_attributes;
    span.attributes = attributes;
    span.events = events;
    span.links = links;
    span.warnings = warnings;
    span.resource = &resource;
    span.scope = &scope;
  }
};

}  // namespace

TEST_CASE("span: the parent that references give", "[model]") {
  const TraceId own{0, 1};
  const TraceId other{0, 2};
  const std::array<Link, 5> links{
      Reference(RefType::kChildOf, other, 9), Reference(RefType::kLink, own, 8),
      Reference(RefType::kFollowsFrom, own, 3), Reference(RefType::kChildOf, own, 4),
      Reference(RefType::kChildOf, own, 5)};
  CHECK(ParentFromReferences(own, links) == 4);
  CHECK(ParentFromReferences(own, std::span(links).first(3)) == 3);
  CHECK(ParentFromReferences(own, std::span(links).first(2)) == 0);
  CHECK(ParentFromReferences(own, {}) == 0);
}

TEST_CASE("span: its reference to its own parent", "[model]") {
  std::array<Link, 3> links{Reference(RefType::kLink, {0, 1}, 7),
                            Reference(RefType::kChildOf, {0, 2}, 7),
                            Reference(RefType::kFollowsFrom, {0, 1}, 7)};
  Span span;
  span.trace_id = {0, 1};
  span.parent_span_id = 7;
  span.links = links;
  CHECK(ParentReference(span) == &links[2]);
  span.links = std::span(links).first(2);
  CHECK(ParentReference(span) == nullptr);
  span.parent_span_id = 0;
  span.links = {};
  CHECK(ParentReference(span) == nullptr);
}

TEST_CASE("span: names of kinds", "[model]") {
  for (int number = 1; number <= 5; ++number) {
    const auto kind = static_cast<SpanKind>(number);
    CHECK(SpanKindFromName(SpanKindName(kind)) == kind);
  }
  CHECK(SpanKindName(SpanKind::kUnspecified).empty());
  CHECK(SpanKindFromName("SERVER") == SpanKind::kServer);
  CHECK(SpanKindFromName("") == SpanKind::kUnspecified);
  CHECK(SpanKindFromName("servers") == SpanKind::kUnspecified);
  CHECK(SpanKindName(static_cast<SpanKind>(77)).empty());
}

TEST_CASE("span: kind and status derived from attributes", "[model]") {
  struct Case {
    std::string name;
    std::string key;
    Value value;
    SpanKind kind;
    StatusCode status;
  };
  const auto none = SpanKind::kUnspecified;
  const Case given = GENERATE_COPY(values<Case>({
      {"kind", "span.kind", Value::String("client"), SpanKind::kClient, StatusCode::kUnset},
      {"kind in capitals", "span.kind", Value::String("Consumer"), SpanKind::kConsumer,
       StatusCode::kUnset},
      {"kind that is no text", "span.kind", Value::Int(2), none, StatusCode::kUnset},
      {"error", "error", Value::Bool(true), none, StatusCode::kError},
      {"error as text", "error", Value::String("TRUE"), none, StatusCode::kError},
      {"no error", "error", Value::Bool(false), none, StatusCode::kUnset},
      {"error as another text", "error", Value::String("yes"), none, StatusCode::kUnset},
      {"status ok", "otel.status_code", Value::String("OK"), none, StatusCode::kOk},
      {"status error", "otel.status_code", Value::String("Error"), none, StatusCode::kError},
      {"another status", "otel.status_code", Value::String("UNSET"), none, StatusCode::kUnset},
      {"another key of the same length", "span.king", Value::String("client"), none,
       StatusCode::kUnset},
  }));
  CAPTURE(given.name);
  std::array<Attribute, 1> attributes{Attribute{given.key, given.value}};
  Span span;
  span.attributes = attributes;
  DeriveKindAndStatus(span);
  CHECK(span.kind == given.kind);
  CHECK(span.status == given.status);
  CHECK(span.attributes.size() == 1);
}

TEST_CASE("span: an error outranks a status code, and what is set stays", "[model]") {
  std::array<Attribute, 3> attributes{Attribute{"otel.status_code", Value::String("OK")},
                                      Attribute{"error", Value::Bool(true)},
                                      Attribute{"span.kind", Value::String("client")}};
  Span span;
  span.attributes = attributes;
  DeriveKindAndStatus(span);
  CHECK(span.status == StatusCode::kError);
  Span set;
  set.attributes = attributes;
  set.status = StatusCode::kOk;
  set.kind = SpanKind::kServer;
  DeriveKindAndStatus(set);
  CHECK(set.status == StatusCode::kOk);
  CHECK(set.kind == SpanKind::kServer);
}

TEST_CASE("span: equal spans have equal hashes, copies too", "[model]") {
  for (const SpanProfile profile :
       {SpanProfile::kThrift, SpanProfile::kApiV2, SpanProfile::kOtlp}) {
    Random random(3);
    SpanBatch batch("");
    GenerateSpans(batch, profile, 50, random);
    Arena arena(std::size_t{64} << 20);
    const std::span<Span> copies = CopySpans(arena, batch.spans());
    REQUIRE(copies.size() == 50);
    std::size_t same_hashes = 0;
    for (std::size_t i = 0; i < copies.size(); ++i) {
      CHECK(SameSpan(batch.spans()[i], copies[i]));
      CHECK(HashSpan(batch.spans()[i]) == HashSpan(copies[i]));
      for (std::size_t j = 0; j < i; ++j) {
        CHECK_FALSE(SameSpan(batch.spans()[i], copies[j]));
        same_hashes += HashSpan(batch.spans()[i]) == HashSpan(copies[j]) ? 1 : 0;
      }
    }
    CHECK(same_hashes == 0);
  }
}

TEST_CASE("span: every field makes a difference", "[model]") {
  using Change = std::function<void(FullSpan&)>;
  const std::vector<std::pair<std::string, Change>> changes{
      {"trace id, high", [](FullSpan& s) { s.span.trace_id.high = 1; }},
      {"trace id, low", [](FullSpan& s) { s.span.trace_id.low = 1; }},
      {"span id", [](FullSpan& s) { s.span.span_id = 1; }},
      {"parent", [](FullSpan& s) { s.span.parent_span_id = 1; }},
      {"start", [](FullSpan& s) { s.span.start_time = TimeFromMicros(1); }},
      {"duration", [](FullSpan& s) { s.span.duration = Nanoseconds(1); }},
      {"name", [](FullSpan& s) { s.span.name = "x"; }},
      {"trace state", [](FullSpan& s) { s.span.trace_state = "x"; }},
      {"status message", [](FullSpan& s) { s.span.status_message = "x"; }},
      {"flags", [](FullSpan& s) { s.span.flags = 1; }},
      {"kind", [](FullSpan& s) { s.span.kind = SpanKind::kServer; }},
      {"status", [](FullSpan& s) { s.span.status = StatusCode::kOk; }},
      {"format", [](FullSpan& s) { s.span.format = SourceFormat::kOtlp; }},
      {"dropped attributes", [](FullSpan& s) { s.span.dropped_attributes = 1; }},
      {"dropped events", [](FullSpan& s) { s.span.dropped_events = 1; }},
      {"dropped links", [](FullSpan& s) { s.span.dropped_links = 1; }},
      {"attribute", [](FullSpan& s) { s.attributes[1].value = Value::String("y"); }},
      {"attribute count",
       [](FullSpan& s) { s.span.attributes = std::span(s.attributes).first(1); }},
      {"no event", [](FullSpan& s) { s.span.events = {}; }},
      {"event time", [](FullSpan& s) { s.events[0].time = TimeFromMicros(1); }},
      {"event name", [](FullSpan& s) { s.events[0].name = "x"; }},
      {"event attribute", [](FullSpan& s) { s.event_attributes[0].key = "x"; }},
      {"event dropped", [](FullSpan& s) { s.events[0].dropped_attributes = 1; }},
      {"no link", [](FullSpan& s) { s.span.links = {}; }},
      {"link trace", [](FullSpan& s) { s.links[0].trace_id.low = 1; }},
      {"link span", [](FullSpan& s) { s.links[0].span_id = 1; }},
      {"link type", [](FullSpan& s) { s.links[0].ref_type = RefType::kChildOf; }},
      {"link state", [](FullSpan& s) { s.links[0].trace_state = "x"; }},
      {"link flags", [](FullSpan& s) { s.links[0].flags = 1; }},
      {"link attribute", [](FullSpan& s) { s.link_attributes[0].key = "x"; }},
      {"link dropped", [](FullSpan& s) { s.links[0].dropped_attributes = 1; }},
      {"warning", [](FullSpan& s) { s.warnings[0] = "x"; }},
      {"service", [](FullSpan& s) { s.resource.service_name = "x"; }},
      {"resource attribute", [](FullSpan& s) { s.resource_attributes[0].key = "x"; }},
      {"resource schema", [](FullSpan& s) { s.resource.schema_url = "x"; }},
      {"resource dropped", [](FullSpan& s) { s.resource.dropped_attributes = 1; }},
      {"no scope", [](FullSpan& s) { s.span.scope = nullptr; }},
      {"scope name", [](FullSpan& s) { s.scope.name = "x"; }},
      {"scope version", [](FullSpan& s) { s.scope.version = "x"; }},
      {"scope schema", [](FullSpan& s) { s.scope.schema_url = "x"; }},
      {"scope attribute", [](FullSpan& s) { s.scope_attributes[0].key = "x"; }},
      {"scope dropped", [](FullSpan& s) { s.scope.dropped_attributes = 1; }},
  };
  const FullSpan whole;
  CHECK(SameSpan(whole.span, FullSpan().span));
  for (const auto& [name, change] : changes) {
    CAPTURE(name);
    FullSpan changed;
    change(changed);
    CHECK_FALSE(SameSpan(whole.span, changed.span));
    CHECK_FALSE(SameSpan(changed.span, whole.span));
  }
}

TEST_CASE("span: hashes of a stored format do not change", "[model]") {
  FullSpan full;
  full.span.trace_id = {1, 2};
  full.span.name = "name";
  CHECK(HashSpan(full.span) == 0x79b01798052ea9bd);
}

}  // namespace pugmark::testing
