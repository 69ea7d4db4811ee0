#include "proto/codec/otlp_encoder.h"

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "proto/codec/otlp_decoder.h"
#include "tests/support/otlp_oracle.h"
#include "tests/support/span_generator.h"
#include "tests/support/span_text.h"

namespace pugmark::testing {
namespace {

std::unique_ptr<SpanBatch> RoundTrip(std::span<const Span> spans) {
  std::string bytes;
  AppendTracesData(bytes, spans);
  auto batch = std::make_unique<SpanBatch>(bytes);
  const DecodeStatus status = DecodeOtlp(*batch);
  CAPTURE(ToError(status).message);
  REQUIRE(status.ok());
  return batch;
}

Attribute Tag(std::string_view key, std::string_view text) { return {key, Value::String(text)}; }

// A span of Jaeger's Thrift format with these tags, as OTLP shows it.
struct Shaped {
  std::unique_ptr<SpanBatch> batch;
  [[nodiscard]] const Span& span() const { return batch->spans()[0]; }
};
Shaped Shape(std::vector<Attribute> tags, const std::function<void(Span&)>& change = nullptr) {
  Resource resource;
  resource.service_name = "svc";
  resource.has_service_name = true;
  Span span;
  span.trace_id = {0, 1};
  span.span_id = 2;
  span.resource = &resource;
  span.format = SourceFormat::kJaeger;
  span.flags = 3;
  span.attributes = tags;
  if (change) {
    change(span);
  }
  DeriveKindAndStatus(span);
  return {RoundTrip({&span, 1})};
}

}  // namespace

TEST_CASE("otlp encoder: what it writes is decoded equal", "[codec][otlp]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    SpanBatch sent("");
    GenerateSpans(sent, SpanProfile::kOtlp, 1 + random.Below(20), random);
    REQUIRE(Describe(RoundTrip(sent.spans())->spans()) == Describe(sent.spans()));
  }
}

TEST_CASE("otlp encoder: generated classes read what it writes", "[codec][otlp][oracle]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    SpanBatch sent("");
    GenerateSpans(sent, SpanProfile::kOtlp, 1 + random.Below(20), random);
    std::string bytes;
    AppendTracesData(bytes, sent.spans());
    const ProtoVerdict verdict = OtlpByOracle(bytes);
    REQUIRE(verdict.accepted);
    REQUIRE(verdict.contents == Describe(sent.spans()));
  }
}

TEST_CASE("otlp encoder: no spans, and appending", "[codec][otlp]") {
  std::string bytes = "kept";
  AppendTracesData(bytes, {});
  CHECK(bytes == "kept");
}

TEST_CASE("otlp encoder: spans are grouped by equal resources and scopes", "[codec][otlp]") {
  std::array<Resource, 3> resources;
  resources[0].service_name = resources[2].service_name = "a";
  resources[1].service_name = "b";
  for (Resource& resource : resources) {
    resource.has_service_name = true;
  }
  std::array<Scope, 2> scopes;
  scopes[0].name = "x";
  scopes[1].name = "y";
  std::array<Span, 6> spans;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    spans[i].span_id = i + 1;
    spans[i].trace_id = {0, 1};
    spans[i].format = SourceFormat::kOtlp;
    spans[i].resource = &resources[i % 3];
    spans[i].scope = i == 5 ? nullptr : &scopes[i / 3];
  }
  const auto batch = RoundTrip(spans);
  CHECK(batch->resources().size() == 2);
  std::vector<SpanId> order;
  for (const Span& span : batch->spans()) {
    order.push_back(span.span_id);
  }
  CHECK(order == std::vector<SpanId>{1, 3, 4, 6, 2, 5});
}

TEST_CASE("otlp encoder: Jaeger's tags become what OTLP has fields for", "[codec][otlp]") {
  SECTION("kind") {
    const Shaped shaped = Shape({Tag("span.kind", "client"), Tag("k", "v")});
    CHECK(shaped.span().kind == SpanKind::kClient);
    CHECK(shaped.span().attributes.size() == 1);
    CHECK(shaped.span().flags == 0);
  }
  SECTION("status") {
    struct Case {
      std::string name;
      std::vector<Attribute> tags;
      StatusCode status;
      std::string message;
      std::size_t left;  // attributes
    };
    const Value yes = Value::Bool(true);
    const Case given = GENERATE_COPY(values<Case>({
        {"nothing", {Tag("k", "v")}, StatusCode::kUnset, "", 1},
        {"error", {{"error", yes}}, StatusCode::kError, "", 0},
        {"error with a description",
         {{"error", yes}, Tag("otel.status_description", "why")},
         StatusCode::kError,
         "why",
         0},
        {"error with a message of HTTP",
         {{"error", yes}, Tag("http.status_message", "Gone")},
         StatusCode::kError,
         "Gone",
         1},
        {"no error", {{"error", Value::Bool(false)}}, StatusCode::kUnset, "", 1},
        {"error as text", {Tag("error", "true")}, StatusCode::kUnset, "", 1},
        {"status code", {Tag("otel.status_code", "ok")}, StatusCode::kOk, "", 0},
        {"status code with a description",
         {Tag("otel.status_code", "ERROR"), Tag("otel.status_description", "d")},
         StatusCode::kError,
         "d",
         0},
        {"error beside a status code",
         {Tag("otel.status_code", "OK"), {"error", yes}},
         StatusCode::kError,
         "",
         0},
        {"unknown status code", {Tag("otel.status_code", "?")}, StatusCode::kUnset, "", 0},
        {"HTTP 200", {{"http.status_code", Value::Int(200)}}, StatusCode::kUnset, "", 1},
        {"HTTP 404", {{"http.status_code", Value::Int(404)}}, StatusCode::kError, "", 1},
        {"HTTP 404 of a server",
         {{"http.status_code", Value::Int(404)}, Tag("span.kind", "server")},
         StatusCode::kUnset,
         "",
         1},
        {"HTTP 500 as text", {Tag("http.status_code", "500")}, StatusCode::kError, "", 1},
        {"HTTP that is no number", {Tag("http.status_code", "x")}, StatusCode::kUnset, "", 1},
    }));
    CAPTURE(given.name);
    const Shaped shaped = Shape(given.tags);
    CHECK(shaped.span().status == given.status);
    CHECK(shaped.span().status_message == given.message);
    CHECK(shaped.span().attributes.size() == given.left);
  }
  SECTION("trace state, warnings, a tag twice") {
    std::array<std::string_view, 1> warnings{"careful"};
    const Shaped shaped = Shape({Tag("k", "first"), Tag("w3c.tracestate", "a=b"), Tag("k", "last")},
                                [&](Span& span) { span.warnings = warnings; });
    CHECK(shaped.span().trace_state == "a=b");
    REQUIRE(shaped.span().attributes.size() == 1);
    CHECK(shaped.span().attributes[0].value.text() == "last");
    REQUIRE(shaped.span().warnings.size() == 1);
    CHECK(shaped.span().warnings[0] == "careful");
  }
  SECTION("events and references") {
    std::array<Attribute, 2> fields{Tag("event", "happened"), Tag("k", "v")};
    std::array<Event, 1> events;
    events[0].attributes = fields;
    std::array<Link, 3> links;
    links[0].trace_id = {0, 1};
    links[0].span_id = 7;
    links[0].ref_type = RefType::kChildOf;
    links[1].trace_id = {0, 9};
    links[1].span_id = 8;
    links[1].ref_type = RefType::kChildOf;
    links[2].trace_id = {0, 1};
    links[2].span_id = 7;
    links[2].ref_type = RefType::kFollowsFrom;
    const Shaped shaped = Shape({}, [&](Span& span) {
      span.events = events;
      span.links = links;
      span.parent_span_id = 7;
    });
    CHECK(shaped.span().events[0].name == "happened");
    CHECK(shaped.span().events[0].attributes.size() == 1);
    CHECK(shaped.span().parent_span_id == 7);
    REQUIRE(shaped.span().links.size() == 2);
    CHECK(shaped.span().links[0].ref_type == RefType::kChildOf);
    CHECK(shaped.span().links[0].span_id == 8);
    CHECK(shaped.span().links[1].ref_type == RefType::kFollowsFrom);
    CHECK(shaped.span().links[1].attributes[0].key == "opentracing.ref_type");
  }
  SECTION("the resource's names") {
    Resource resource;
    std::array<Attribute, 2> tags{Tag("hostname", "h"), Tag("jaeger.version", "Go-2")};
    resource.attributes = tags;
    const Shaped shaped = Shape({}, [&](Span& span) { span.resource = &resource; });
    CHECK(shaped.span().resource->attributes[0].key == "host.name");
    CHECK(shaped.span().resource->attributes[1].key == "opencensus.exporterversion");
  }
}

TEST_CASE("otlp encoder: large texts", "[codec][otlp]") {
  Resource resource;
  const std::string large(100'000, 'x');
  std::array<Attribute, 3> attributes{Tag("a", large), Tag("b", large),
                                      Attribute{"c", Value::Bytes(large)}};
  Span span;
  span.resource = &resource;
  span.format = SourceFormat::kOtlp;
  span.attributes = attributes;
  CHECK(RoundTrip({&span, 1})->spans()[0].attributes[1].value.text() == large);
}

}  // namespace pugmark::testing
