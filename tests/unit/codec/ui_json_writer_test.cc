#include "proto/codec/ui_json_writer.h"

#include <catch2/catch.hpp>
#include <limits>

#include "common/model/span_batch.h"
#include "tests/support/span_generator.h"
#include "tests/support/testdata.h"

namespace pugmark::testing {
namespace {

std::string Write(std::span<const Span> spans, bool pretty = false,
                  std::span<const std::string> warnings = {}) {
  std::string out;
  UiTraceWriter writer(out, pretty);
  writer.Begin(spans.empty() ? TraceId{} : spans[0].trace_id);
  for (const Span& span : spans) {
    writer.AddSpan(span);
  }
  writer.End(warnings);
  return out;
}

Link MakeLink(TraceId trace_id, SpanId span_id, RefType type = RefType::kLink) {
  Link link;
  link.trace_id = trace_id;
  link.span_id = span_id;
  link.ref_type = type;
  return link;
}

// The tags of a span with one attribute.
std::string TagJson(const Value& value) {
  Resource resource;
  std::array<Attribute, 1> attributes{Attribute{"k", value}};
  Span span;
  span.resource = &resource;
  span.attributes = attributes;
  const std::string json = Write({&span, 1});
  const std::size_t begin = json.find("\"tags\":[") + 8;
  return json.substr(begin, json.find("],\"logs\"") - begin);
}

constexpr std::int64_t kLargest = (std::int64_t{1} << 53) - 1;

}  // namespace

TEST_CASE("ui json: a trace of Jaeger spans", "[codec][ui_json]") {
  Resource front;
  front.service_name = "front <\"end\">";
  std::array<Attribute, 2> process_tags{Attribute{"ip", Value::String("10.0.0.1")},
                                        Attribute{"pid", Value::Int(42)}};
  front.attributes = process_tags;
  Resource same_front = front;
  Resource back;
  back.service_name = "back";
  std::array<Attribute, 6> tags{
      Attribute{"string", Value::String("größer & <b>")},
      Attribute{"bool", Value::Bool(true)},
      Attribute{"int", Value::Int(-7)},
      Attribute{"double", Value::Double(2.5)},
      Attribute{"binary", Value::Bytes(std::string_view("\0\xff\x10", 3))},
      Attribute{"invalid", Value::String("a\xff"
                                         "b")}};
  std::array<Attribute, 1> fields{Attribute{"event", Value::String("retry")}};
  std::array<Event, 2> events;
  events[0].time = TimeFromMicros(1'700'000'000'000'001);
  events[0].attributes = fields;
  events[1].time = UnixTime(Nanoseconds(1'700'000'000'000'002'999));
  std::array<Link, 2> links;
  links[0] = MakeLink({0, 0x4d2}, 1, RefType::kChildOf);
  links[1] = MakeLink({0xab, 0xcd}, 0xff, RefType::kFollowsFrom);
  std::array<std::string_view, 2> warnings{"clock <skew>", "second"};

  std::array<Span, 4> spans;
  for (Span& span : spans) {
    span.trace_id = {0, 0x4d2};
    span.start_time = TimeFromMicros(1'700'000'000'000'000);
    span.duration = Nanoseconds(1'999);
    span.format = SourceFormat::kJaeger;
    span.resource = &front;
  }
  spans[0].span_id = 1;
  spans[0].name = "GET /<id>";
  spans[0].flags = 1;
  spans[1].span_id = 2;
  spans[1].resource = &back;
  spans[1].parent_span_id = 1;
  spans[1].links = links;
  spans[1].attributes = tags;
  spans[1].events = events;
  spans[1].warnings = warnings;
  spans[1].format = SourceFormat::kProto;
  spans[2].span_id = 3;
  spans[2].parent_span_id = 1;  // by its id alone
  spans[2].resource = &same_front;
  spans[3].span_id = 4;
  spans[3].format = SourceFormat::kUnknown;
  spans[3].resource = &back;
  const std::array<std::string, 1> trace_warnings{"trace \"warning\""};
  CHECK(MatchesGolden("codec/ui_json/jaeger.golden", Write(spans, true, trace_warnings)));
}

TEST_CASE("ui json: a trace of OTLP spans", "[codec][ui_json]") {
  Resource resource;
  resource.service_name = "svc";
  resource.schema_url = "lost";
  Scope scope;
  scope.name = "lib";
  scope.version = "1.2";
  const std::array<Value, 3> elements{Value::Int(1), Value::String("<x>"), Value::Bytes("f")};
  std::array<Attribute, 4> attributes{Attribute{"list", Value::Array(elements)},
                                      Attribute{"map", Value::Map({})}, Attribute{"empty", Value()},
                                      Attribute{"bytes", Value::Bytes("foo")}};
  std::array<Attribute, 1> with_event{Attribute{"event", Value::String("own")}};
  std::array<Event, 2> events;
  events[0].name = "named";
  events[0].attributes = std::span(attributes).last(1);
  events[1].name = "not shown";
  events[1].attributes = with_event;
  std::array<Link, 1> links;
  links[0] = MakeLink({1, 2}, 9);
  links[0].trace_state = "lost";
  std::array<Span, 3> spans;
  for (Span& span : spans) {
    span.trace_id = {1, 2};
    span.resource = &resource;
    span.scope = &scope;
    span.format = SourceFormat::kOtlp;
    span.start_time = TimeFromMicros(5);
    span.duration = DurationFromMicros(7);
  }
  spans[0].span_id = 1;
  spans[0].kind = SpanKind::kServer;
  spans[0].status = StatusCode::kError;
  spans[0].status_message = "broken";
  spans[0].trace_state = "a=b";
  spans[0].attributes = attributes;
  spans[0].events = events;
  spans[1].span_id = 2;
  spans[1].parent_span_id = 1;
  spans[1].kind = SpanKind::kInternal;
  spans[1].status = StatusCode::kOk;
  spans[1].links = links;
  spans[2].span_id = 3;
  spans[2].scope = nullptr;
  CHECK(MatchesGolden("codec/ui_json/otlp.golden", Write(spans, true)));
}

TEST_CASE("ui json: value types", "[codec][ui_json]") {
  const auto typed = [](const std::string& type, const std::string& value) {
    return R"({"key":"k","type":")" + type + R"(","value":)" + value + "}";
  };
  CHECK(TagJson(Value::Int(kLargest)) == typed("int64", "9007199254740991"));
  CHECK(TagJson(Value::Int(-kLargest)) == typed("int64", "-9007199254740991"));
  CHECK(TagJson(Value::Int(kLargest + 1)) == typed("int64", "\"9007199254740992\""));
  CHECK(TagJson(Value::Int(-kLargest - 1)) == typed("int64", "\"-9007199254740992\""));
  CHECK(TagJson(Value::Int(std::numeric_limits<std::int64_t>::min())) ==
        typed("int64", "\"-9223372036854775808\""));
  CHECK(TagJson(Value::Double(std::numeric_limits<double>::quiet_NaN())) ==
        typed("float64", "\"NaN\""));
  CHECK(TagJson(Value::Double(std::numeric_limits<double>::infinity())) ==
        typed("float64", "\"Infinity\""));
  CHECK(TagJson(Value::Double(-std::numeric_limits<double>::infinity())) ==
        typed("float64", "\"-Infinity\""));
  CHECK(TagJson(Value::Double(1)) == typed("float64", "1"));
  CHECK(TagJson(Value::Bytes("foo")) == typed("binary", "\"Zm9v\""));
  CHECK(TagJson(Value::Bool(false)) == typed("bool", "false"));
  CHECK(TagJson(Value()) == typed("string", "\"\""));
}

TEST_CASE("ui json: an empty trace", "[codec][ui_json]") {
  CHECK(Write({}) == R"({"traceID":"0000000000000000","spans":[],"processes":{},"warnings":null})");
}

TEST_CASE("ui json: an attribute for the format is not doubled", "[codec][ui_json]") {
  Resource resource;
  std::array<Attribute, 1> attributes{Attribute{"@jaeger@format", Value::String("zipkin")}};
  Span span;
  span.resource = &resource;
  span.format = SourceFormat::kJaeger;
  span.attributes = attributes;
  const std::string json = Write({&span, 1});
  CHECK(json.find("zipkin") != std::string::npos);
  CHECK(json.find("\"jaeger\"") == std::string::npos);
}

TEST_CASE("ui json: a link to the parent sets the type of the parent reference",
          "[codec][ui_json]") {
  Resource resource;
  std::array<Link, 2> links;
  links[0] = MakeLink({0, 1}, 8);
  links[1] = MakeLink({0, 1}, 7);
  Span span;
  span.trace_id = {0, 1};
  span.parent_span_id = 7;
  span.resource = &resource;
  span.links = links;
  span.format = SourceFormat::kOtlp;
  const std::string parent = R"("traceID":"0000000000000001","spanID":"0000000000000007"})";
  const std::string other =
      R"({"refType":"FOLLOWS_FROM","traceID":"0000000000000001","spanID":"0000000000000008"})";
  const std::string untyped = Write({&span, 1});
  CHECK(untyped.find(R"("references":[{"refType":"FOLLOWS_FROM",)" + parent + "," + other + "]") !=
        std::string::npos);
  links[1].ref_type = RefType::kChildOf;
  const std::string child = Write({&span, 1});
  CHECK(child.find(R"("references":[{"refType":"CHILD_OF",)" + parent + "," + other + "]") !=
        std::string::npos);
}

TEST_CASE("ui json: the buffer may be taken away between spans", "[codec][ui_json]") {
  Random random(9);
  SpanBatch batch("");
  GenerateSpans(batch, SpanProfile::kOtlp, 30, random);
  for (const bool pretty : {false, true}) {
    std::string out;
    std::string gathered;
    UiTraceWriter writer(out, pretty);
    writer.Begin(batch.spans()[0].trace_id);
    for (const Span& span : batch.spans()) {
      writer.AddSpan(span);
      gathered += out;
      out.clear();
    }
    writer.End();
    gathered += out;
    CHECK(gathered == Write(batch.spans(), pretty));
  }
}

}  // namespace pugmark::testing
