#include "proto/codec/api_v2_encoder.h"

#include <catch2/catch.hpp>

#include "proto/codec/api_v2_decoder.h"
#include "tests/support/span_generator.h"
#include "tests/support/span_text.h"

namespace pugmark::testing {
namespace {

// The spans as the decoder finds them in what the encoder made of `span`.
std::unique_ptr<SpanBatch> RoundTrip(const Resource& resource, std::span<const Span> spans) {
  std::string bytes;
  AppendPostSpansRequest(bytes, resource, spans);
  auto batch = std::make_unique<SpanBatch>(bytes);
  const DecodeStatus status = DecodePostSpansRequest(*batch);
  CAPTURE(ToError(status).message);
  REQUIRE(status.ok());
  return batch;
}

std::vector<std::string> Keys(std::span<const Attribute> attributes) {
  std::vector<std::string> keys;
  for (const Attribute& attribute : attributes) {
    keys.emplace_back(attribute.key);
  }
  return keys;
}

}  // namespace

TEST_CASE("api_v2 encoder: what it writes is decoded equal", "[codec][api_v2]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    SpanBatch sent("");
    GenerateSpans(sent, SpanProfile::kApiV2, 1 + random.Below(20), random);
    const auto batch = RoundTrip(sent.resources()[0], sent.spans());
    CHECK(Describe(batch->spans()) == Describe(sent.spans()));
  }
}

TEST_CASE("api_v2 encoder: it appends", "[codec][api_v2]") {
  Resource resource;
  std::string bytes = "kept";
  AppendPostSpansRequest(bytes, resource, {});
  CHECK(bytes == std::string("kept\x0a\x02\x12\x00", 8));
}

TEST_CASE("api_v2 encoder: spans larger than expected", "[codec][api_v2]") {
  Resource resource;
  resource.service_name = "svc";
  resource.has_service_name = true;
  const std::string large(100'000, 'x');
  std::array<Attribute, 3> attributes{Attribute{"a", Value::String(large)},
                                      Attribute{"b", Value::String(large)},
                                      Attribute{"c", Value::Bytes(large)}};
  Span span;
  span.resource = &resource;
  span.format = SourceFormat::kProto;
  span.attributes = attributes;
  const auto batch = RoundTrip(resource, {&span, 1});
  CHECK(Describe(batch->spans()) == Describe({&span, 1}));
}

TEST_CASE("api_v2 encoder: a parent known by its id alone becomes the first reference",
          "[codec][api_v2]") {
  Resource resource;
  std::array<Link, 1> links;
  links[0].trace_id = {0, 9};
  links[0].span_id = 5;
  links[0].ref_type = RefType::kFollowsFrom;
  Span span;
  span.resource = &resource;
  span.trace_id = {0, 1};
  span.parent_span_id = 7;
  span.links = links;
  const auto batch = RoundTrip(resource, {&span, 1});
  const Span& back = batch->spans()[0];
  REQUIRE(back.links.size() == 2);
  CHECK(back.links[0].ref_type == RefType::kChildOf);
  CHECK(back.links[0].span_id == 7);
  CHECK(back.links[1].span_id == 5);
  CHECK(back.parent_span_id == 7);
}

TEST_CASE("api_v2 encoder: what only OTLP has becomes tags, in Jaeger's order", "[codec][api_v2]") {
  Resource resource;
  Scope scope;
  scope.name = "lib";
  scope.version = "1.2";
  const std::array<Value, 2> elements{Value::Int(1), Value::String("<x>")};
  std::array<Attribute, 3> attributes{Attribute{"list", Value::Array(elements)},
                                      Attribute{"map", Value::Map({})},
                                      Attribute{"empty", Value()}};
  std::array<Event, 1> events;
  events[0].name = "happened";
  events[0].attributes = std::span(attributes).first(1);
  Span span;
  span.resource = &resource;
  span.scope = &scope;
  span.format = SourceFormat::kOtlp;
  span.kind = SpanKind::kServer;
  span.status = StatusCode::kError;
  span.status_message = "broken";
  span.trace_state = "a=b";
  span.attributes = attributes;
  span.events = events;
  const auto batch = RoundTrip(resource, {&span, 1});
  const Span& back = batch->spans()[0];
  CHECK(Keys(back.attributes) ==
        std::vector<std::string>{"otel.scope.name", "otel.scope.version", "list", "map", "empty",
                                 "span.kind", "otel.status_code", "error",
                                 "otel.status_description", "w3c.tracestate"});
  CHECK(back.attributes[2].value.text() == "[1,\"\\u003cx\\u003e\"]");
  CHECK(back.attributes[3].value.text() == "{}");
  CHECK(back.attributes[4].value.type() == ValueType::kString);
  CHECK(back.kind == SpanKind::kServer);
  CHECK(back.status == StatusCode::kError);
  CHECK(Keys(back.events[0].attributes) == std::vector<std::string>{"event", "list"});
}

TEST_CASE("api_v2 encoder: times before 1970 have the parts that protobuf wants",
          "[codec][api_v2]") {
  Resource resource;
  std::array<Event, 1> events;
  events[0].time = UnixTime(Nanoseconds(-1));
  Span span;
  span.resource = &resource;
  span.start_time = UnixTime(Nanoseconds(-1'500'000'000));
  span.duration = Nanoseconds(-1'500'000'000);
  span.events = events;
  const auto batch = RoundTrip(resource, {&span, 1});
  CHECK(batch->spans()[0].start_time == span.start_time);
  CHECK(batch->spans()[0].duration == span.duration);
  CHECK(batch->spans()[0].events[0].time == events[0].time);
}

}  // namespace pugmark::testing
