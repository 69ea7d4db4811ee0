#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "proto/codec/otlp_json_decoder.h"
#include "proto/codec/otlp_json_writer.h"
#include "proto/codec/text_limits.h"
#include "tests/support/span_generator.h"
#include "tests/support/span_text.h"
#include "tests/support/testdata.h"

namespace pugmark::testing {
namespace {

const std::string kIds =
    R"("traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"1112131415161718")";

std::string Request(const std::string& spans, const std::string& resource = "{}") {
  return R"({"resourceSpans":[{"resource":)" + resource + R"(,"scopeSpans":[{"spans":[)" + spans +
         "]}]}]}";
}
std::string SpanWith(const std::string& members) {
  return Request("{" + kIds + (members.empty() ? "" : "," + members) + "}");
}
std::string ValueOf(const std::string& any) {
  return SpanWith(R"("attributes":[{"key":"k","value":)" + any + "}]");
}

void RequireDecodes(SpanBatch& batch) {
  const DecodeStatus status = DecodeOtlpJson(batch);
  CAPTURE(batch.payload(), ToError(status).message);
  REQUIRE(status.ok());
}

DecodeError ErrorOf(const std::string& text, const BatchLimits& limits = {}) {
  SpanBatch batch(text, limits);
  return DecodeOtlpJson(batch).error;
}

std::string Write(std::span<const Span> spans) {
  std::string out;
  OtlpJsonWriter writer(out);
  writer.Begin();
  writer.AddSpans(spans);
  writer.End();
  return out;
}

// The only attribute's value in a message with that value.
Value Decoded(SpanBatch& batch) {
  RequireDecodes(batch);
  REQUIRE(batch.spans().size() == 1);
  REQUIRE(batch.spans()[0].attributes.size() == 1);
  return batch.spans()[0].attributes[0].value;
}

}  // namespace

TEST_CASE("otlp json: what the writer writes is decoded equal", "[codec][otlp_json]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    SpanBatch sent("");
    GenerateSpans(sent, SpanProfile::kOtlp, 1 + random.Below(20), random);
    SpanBatch batch(Write(sent.spans()));
    RequireDecodes(batch);
    REQUIRE(Describe(batch.spans()) == Describe(sent.spans()));
  }
}

TEST_CASE("otlp json: the writer's pieces", "[codec][otlp_json]") {
  Random random(4);
  SpanBatch first("");
  SpanBatch second("");
  GenerateSpans(first, SpanProfile::kOtlp, 5, random);
  GenerateSpans(second, SpanProfile::kOtlp, 5, random);
  std::string out;
  std::string gathered;
  OtlpJsonWriter writer(out);
  writer.Begin();
  for (SpanBatch* const batch : {&first, &second}) {
    writer.AddSpans(batch->spans());
    gathered += out;
    out.clear();
  }
  writer.AddSpans({});
  writer.End();
  gathered += out;
  SpanBatch batch(gathered);
  RequireDecodes(batch);
  CHECK(Describe(batch.spans()) == Describe(first.spans()) + Describe(second.spans()));
  CHECK(Write({}) == R"({"resourceSpans":[]})");
}

TEST_CASE("otlp json: the text of the writer", "[codec][otlp_json]") {
  Random random(5);
  SpanBatch batch("");
  GenerateSpans(batch, SpanProfile::kOtlp, 4, random);
  CHECK(MatchesGolden("codec/otlp_json/random.golden", Write(batch.spans())));
  Resource resource;
  Span span;
  span.resource = &resource;
  CHECK(
      Write({&span, 1}) ==
      R"({"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"status":{}}]}]}]})");
}

TEST_CASE("otlp json: bytes captured from clients", "[codec][otlp_json]") {
  const auto [name, spans, service] = GENERATE(table<std::string, std::size_t, std::string>({
      {"client-node-otel-otlp-json", 3, "node-otlp-json"},
      {"otlp-all-types", 1, "edge-types"},
  }));
  CAPTURE(name);
  SpanBatch batch(ReadTestdata("golden/inputs/" + name + ".bin"));
  RequireDecodes(batch);
  CHECK(batch.spans().size() == spans);
  CHECK(batch.spans()[0].resource->service_name == service);
  CHECK(batch.format == SourceFormat::kOtlp);
  CHECK(batch.resources().size() == 1);
}

TEST_CASE("otlp json: every truncation fails", "[codec][otlp_json]") {
  const std::string whole = ReadTestdata("golden/inputs/otlp-all-types.bin");
  for (std::size_t cut = 0; cut + 1 < whole.size(); ++cut) {
    CAPTURE(cut);
    SpanBatch batch(whole.substr(0, cut));
    const DecodeStatus status = DecodeOtlpJson(batch);
    CHECK_FALSE(status.ok());
    CHECK(status.position <= cut);
    CHECK(batch.spans().empty());
  }
}

TEST_CASE("otlp json: bad input", "[codec][otlp_json]") {
  const auto [name, text, error] = GENERATE_COPY(table<std::string, std::string, DecodeError>({
      {"nothing", "", DecodeError::kTruncated},
      {"an array", "[]", DecodeError::kMalformed},
      {"null", "null", DecodeError::kMalformed},
      {"a number", "5", DecodeError::kMalformed},
      {"recorded: broken", ReadTestdata("golden/inputs/bad-otlp-json-broken.bin"),
       DecodeError::kTruncated},
      {"recorded: bad id", ReadTestdata("golden/inputs/bad-otlp-bad-id.bin"), DecodeError::kBadId},
      {"something behind the document", "{} x", DecodeError::kMalformed},
      {"two documents", "{}{}", DecodeError::kMalformed},
      {"a NUL behind the document", std::string("{}\0", 3), DecodeError::kMalformed},
      {"no colon", R"({"a" 5})", DecodeError::kMalformed},
      {"no comma", R"({"a":5 "b":6})", DecodeError::kMalformed},
      {"comma at the end of an object", R"({"a":5,})", DecodeError::kMalformed},
      {"comma at the beginning", R"({,"a":5})", DecodeError::kMalformed},
      {"comma at the end of an array", R"({"a":[5,]})", DecodeError::kMalformed},
      {"two commas", R"({"a":[5,,6]})", DecodeError::kMalformed},
      {"wrong bracket", R"({"a":[5}})", DecodeError::kMalformed},
      {"key without quotes", "{a:5}", DecodeError::kMalformed},
      {"single quotes", "{'a':5}", DecodeError::kMalformed},
      {"number with a leading zero", R"({"a":01})", DecodeError::kMalformed},
      {"number with a plus", R"({"a":+1})", DecodeError::kMalformed},
      {"number without digits", R"({"a":-})", DecodeError::kMalformed},
      {"number with an empty fraction", R"({"a":1.})", DecodeError::kMalformed},
      {"number with an empty exponent", R"({"a":1e})", DecodeError::kMalformed},
      {"NaN without quotes", ValueOf(R"({"doubleValue":NaN})"), DecodeError::kMalformed},
      {"literal in capitals", R"({"a":True})", DecodeError::kMalformed},
      {"literal with more letters", R"({"a":nullx})", DecodeError::kMalformed},
      {"control character in a string", "{\"a\":\"\n\"}", DecodeError::kMalformed},
      {"unknown escape", R"({"a":"\x"})", DecodeError::kMalformed},
      {"escape without digits", R"({"a":"\u12g4"})", DecodeError::kMalformed},
      {"escape cut off by the quote", R"({"a":"\u12"})", DecodeError::kMalformed},
      {"string without an end", R"({"a":"b)", DecodeError::kTruncated},
      {"string that ends in a backslash", R"({"a":"b\)", DecodeError::kTruncated},
      {"invalid UTF-8 in a value", SpanWith("\"name\":\"\xff\""), DecodeError::kBadUtf8},
      {"invalid UTF-8 beside an escape", SpanWith("\"name\":\"\\n\xc3\""), DecodeError::kBadUtf8},
      {"invalid UTF-8 in a skipped value", "{\"a\":\"\xff\"}", DecodeError::kBadUtf8},
      {"invalid UTF-8 in a key", "{\"\xff\":1}", DecodeError::kBadUtf8},
      {"nested too deep", "{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}",
       DecodeError::kTooDeep},
      {"nested far too deep", "{\"a\":" + std::string(100'000, '['), DecodeError::kTooDeep},
      {"spans that are no array", R"({"resourceSpans":[{"scopeSpans":[{"spans":{}}]}]})",
       DecodeError::kMalformed},
      {"a span that is a number", Request("5"), DecodeError::kMalformed},
      {"name that is a number", SpanWith(R"("name":5)"), DecodeError::kMalformed},
      {"time that is a fraction", SpanWith(R"("startTimeUnixNano":1.5)"), DecodeError::kMalformed},
      {"time that is negative", SpanWith(R"("startTimeUnixNano":"-1")"), DecodeError::kMalformed},
      {"time beyond 64 bits", SpanWith(R"("startTimeUnixNano":"18446744073709551616")"),
       DecodeError::kMalformed},
      {"time that is no number", SpanWith(R"("startTimeUnixNano":"x")"), DecodeError::kMalformed},
      {"time with a space", SpanWith(R"("startTimeUnixNano":" 1")"), DecodeError::kMalformed},
      {"kind of an unknown name", SpanWith(R"("kind":"SPAN_KIND_X")"), DecodeError::kMalformed},
      {"flags beyond 32 bits", SpanWith(R"("flags":4294967296)"), DecodeError::kMalformed},
      {"int beyond 64 bits", ValueOf(R"({"intValue":9223372036854775808})"),
       DecodeError::kMalformed},
      {"empty int", ValueOf(R"({"intValue":""})"), DecodeError::kMalformed},
      {"double that is no number", ValueOf(R"({"doubleValue":"1x"})"), DecodeError::kMalformed},
      {"double too large", ValueOf(R"({"doubleValue":1e400})"), DecodeError::kMalformed},
      {"bool that is text", ValueOf(R"({"boolValue":"true"})"), DecodeError::kMalformed},
      {"bytes that are no base64", ValueOf(R"({"bytesValue":"a*b="})"), DecodeError::kMalformed},
      {"base64 of an impossible length", ValueOf(R"({"bytesValue":"abcde"})"),
       DecodeError::kMalformed},
      {"id that is no hexadecimal text", SpanWith(R"("parentSpanId":"111213141516171g")"),
       DecodeError::kBadId},
      {"id that is a number", SpanWith(R"("parentSpanId":5)"), DecodeError::kMalformed},
  }));
  CAPTURE(name, text.substr(0, 200));
  SpanBatch batch(text);
  const DecodeStatus status = DecodeOtlpJson(batch);
  CHECK(status.error == error);
  CHECK(status.position <= text.size());
  CHECK(batch.spans().empty());
}

TEST_CASE("otlp json: spans with ids of another length are left out and counted",
          "[codec][otlp_json]") {
  const std::string member = GENERATE(
      R"("traceId":"01")", R"("traceId":"0102030405060708")", R"("spanId":"01020304050607")",
      R"("spanId":"0102030405060708090a0b0c0d0e0f10")", R"("parentSpanId":"1")",
      R"("links":[{"traceId":"01"}])", R"("links":[{"spanId":"01"}])");
  CAPTURE(member);
  SpanBatch batch(Request("{" + kIds + "},{" + kIds + "," + member + "},{" + kIds + "}"));
  RequireDecodes(batch);
  CHECK(batch.spans().size() == 2);
  CHECK(batch.rejected_spans == 1);
}

TEST_CASE("otlp json: as tolerant as the OpenTelemetry collector", "[codec][otlp_json]") {
  SECTION("an empty document, and null anywhere") {
    for (const char* const text :
         {"{}", " { } ", R"({"resourceSpans":null})", R"({"resourceSpans":[null]})",
          R"({"resourceSpans":[{"resource":null,"scopeSpans":null,"schemaUrl":null}]})",
          R"({"resourceSpans":[{"scopeSpans":[null,{"scope":null,"spans":null}]}]})"}) {
      SpanBatch batch(text);
      RequireDecodes(batch);
      CHECK(batch.spans().empty());
    }
    SpanBatch batch(SpanWith(
        R"("name":null,"kind":null,"startTimeUnixNano":null,"attributes":null,"status":null,)"
        R"("events":[null],"links":[null],"parentSpanId":null,"flags":null)"));
    RequireDecodes(batch);
    CHECK(batch.spans()[0].events.size() == 1);
    CHECK(batch.spans()[0].links.size() == 1);
  }
  SECTION("snake_case, enumerations by name, numbers in quotes and without") {
    const std::string camel = SpanWith(
        R"("traceState":"s","parentSpanId":"2122232425262728","kind":2,"startTimeUnixNano":"100",)"
        R"("endTimeUnixNano":"200","droppedAttributesCount":1,"droppedEventsCount":2,)"
        R"("droppedLinksCount":3,"status":{"code":2,"message":"m"},"flags":257,)"
        R"("attributes":[{"key":"a","value":{"intValue":"5"}},{"key":"b","value":)"
        R"({"arrayValue":{"values":[{"boolValue":true}]}}}],)"
        R"("events":[{"timeUnixNano":"7","name":"e","droppedAttributesCount":4}])");
    const std::string snake = SpanWith(
        R"("trace_state":"s","parent_span_id":"2122232425262728","kind":"SPAN_KIND_SERVER",)"
        R"("start_time_unix_nano":100,"end_time_unix_nano":200,"dropped_attributes_count":"1",)"
        R"("dropped_events_count":"2","dropped_links_count":"3",)"
        R"("status":{"code":"STATUS_CODE_ERROR","message":"m"},"flags":"257",)"
        R"("attributes":[{"value":{"int_value":5},"key":"a"},{"key":"b","value":)"
        R"({"array_value":{"values":[{"bool_value":true}]}}}],)"
        R"("events":[{"time_unix_nano":7,"name":"e","dropped_attributes_count":"4"}])");
    SpanBatch first(camel);
    SpanBatch second(snake);
    RequireDecodes(first);
    RequireDecodes(second);
    CHECK(Describe(first.spans()) == Describe(second.spans()));
    CHECK(first.spans()[0].kind == SpanKind::kServer);
    CHECK(first.spans()[0].duration == Nanoseconds(100));
  }
  SECTION("ids in capitals, empty ids") {
    SpanBatch batch(Request(R"({"traceId":"0A0B0C0D0E0F00010203040506070809","spanId":"",)"
                            R"("parentSpanId":""})"));
    RequireDecodes(batch);
    CHECK(batch.spans()[0].trace_id == TraceId{0x0a0b0c0d0e0f0001, 0x0203040506070809});
    CHECK(batch.spans()[0].span_id == 0);
  }
  SECTION("space between everything, unknown names, members in any order") {
    SpanBatch batch(
        "\r\n{ \"x\" : [ 1 , { \"y\" : null } ] , \"resourceSpans\" : [ { \"scopeSpans\" : [ { "
        "\"spans\" : [ { \"z\" : -1.5e+3 , \"name\" : \"n\" , " +
        kIds +
        " , \"attributes\" : [ { \"key\" : \"k\" , \"value\" : { \"stringValue\" : \"v\" } } ] } ] "
        ", \"scope\" : { \"name\" : \"late\" } } ] , \"resource\" : { \"attributes\" : [ { "
        "\"key\":\"service.name\",\"value\":{\"stringValue\":\"svc\"} } ] } } ] }\t");
    RequireDecodes(batch);
    const Span& span = batch.spans()[0];
    CHECK(span.name == "n");
    CHECK(span.scope->name == "late");
    CHECK(span.resource->service_name == "svc");
    CHECK(span.attributes[0].value.text() == "v");
  }
}

TEST_CASE("otlp json: values", "[codec][otlp_json]") {
  const auto value = [](const std::string& any) {
    auto batch = std::make_unique<SpanBatch>(ValueOf(any));
    const std::string text = Describe(Decoded(*batch));
    return text;
  };
  const auto text_of = [](const Value& expected) { return Describe(expected); };
  CHECK(value("{}") == text_of(Value()));
  CHECK(value("null") == text_of(Value()));
  CHECK(value(R"({"stringValue":""})") == text_of(Value::String("")));
  CHECK(value(R"({"stringValue":null})") == text_of(Value()));
  CHECK(value(R"({"stringValue":"a\"\\\/\b\f\n\r\t\u00e9\u65e5\ud83d\ude00"})") ==
        text_of(Value::String("a\"\\/\b\f\n\r\té日😀")));
  CHECK(value(R"({"stringValue":"\ud83dx\ude00"})") ==
        text_of(Value::String("\xef\xbf\xbdx\xef\xbf\xbd")));
  CHECK(value(R"({"stringValue":"\ud83d"})") == text_of(Value::String("\xef\xbf\xbd")));
  CHECK(value("{\"stringValue\":\"plain\x7fgrößer\"}") ==
        text_of(Value::String("plain\x7fgrößer")));
  CHECK(value(R"({"intValue":-9223372036854775808})") ==
        text_of(Value::Int(std::numeric_limits<std::int64_t>::min())));
  CHECK(value(R"({"intValue":"9223372036854775807"})") ==
        text_of(Value::Int(std::numeric_limits<std::int64_t>::max())));
  CHECK(value(R"({"boolValue":false})") == text_of(Value::Bool(false)));
  CHECK(value(R"({"doubleValue":5e-324})") == text_of(Value::Double(5e-324)));
  CHECK(value(R"({"doubleValue":1e-400})") == text_of(Value::Double(0)));
  CHECK(value(R"({"doubleValue":-0.0})") == text_of(Value::Double(-0.0)));
  CHECK(value(R"({"doubleValue":3})") == text_of(Value::Double(3)));
  CHECK(value(R"({"doubleValue":"2.5"})") == text_of(Value::Double(2.5)));
  CHECK(value(R"({"doubleValue":"-Infinity"})") ==
        text_of(Value::Double(-std::numeric_limits<double>::infinity())));
  CHECK(value(R"({"doubleValue":"inf"})") ==
        text_of(Value::Double(std::numeric_limits<double>::infinity())));
  CHECK(value(R"({"doubleValue":"NaN"})") ==
        text_of(Value::Double(std::numeric_limits<double>::quiet_NaN())));
  CHECK(value(R"({"bytesValue":""})") == text_of(Value::Bytes("")));
  CHECK(value(R"({"bytesValue":"AP8Q"})") ==
        text_of(Value::Bytes(std::string_view("\0\xff\x10", 3))));
  CHECK(value(R"({"bytesValue":"Zg=="})") == text_of(Value::Bytes("f")));
  CHECK(value(R"({"bytesValue":"Zm8"})") == text_of(Value::Bytes("fo")));
  CHECK(value(R"({"bytesValue":"-_-_"})") == text_of(Value::Bytes("\xfb\xff\xbf")));
  CHECK(value(R"({"arrayValue":{}})") == text_of(Value::Array({})));
  CHECK(value(R"({"kvlistValue":{"values":[]}})") == text_of(Value::Map({})));
  CHECK(value(R"({"stringValue":"x","intValue":5})") == text_of(Value::Int(5)));
}

TEST_CASE("otlp json: limits of a batch", "[codec][otlp_json]") {
  const std::string attribute = R"({"key":"key","value":{"stringValue":"0123456789"}})";
  const std::string three = "[" + attribute + "," + attribute + "," + attribute + "]";
  const std::string event = R"({"attributes":)" + three + "}";
  const std::string text = SpanWith(R"("attributes":)" + three + R"(,"events":[)" + event + "," +
                                    event + R"(],"links":[)" + event + "," + event + "]");
  BatchLimits limits;
  SECTION("lists are cut, and what is cut is counted") {
    limits.max_attributes = 2;
    limits.max_events = 1;
    limits.max_links = 1;
    SpanBatch batch(text, limits);
    RequireDecodes(batch);
    const Span& span = batch.spans()[0];
    CHECK(span.attributes.size() == 2);
    CHECK(span.dropped_attributes == 1);
    CHECK(span.dropped_events == 1);
    CHECK(span.events[0].dropped_attributes == 1);
    CHECK(span.dropped_links == 1);
  }
  SECTION("long texts are cut and counted") {
    limits.max_value_bytes = kCutMarker.size() + 2;
    SpanBatch batch(
        SpanWith(R"("attributes":[{"key":"k","value":{"stringValue":")" + std::string(100, 'x') +
                 R"("}}],"name":")" + std::string(100, 'x') + "\""),
        limits);
    RequireDecodes(batch);
    CHECK(batch.spans()[0].attributes[0].value.text() == "xx" + std::string(kCutMarker));
    CHECK(batch.spans()[0].name.size() == limits.max_value_bytes);
    CHECK(batch.cut_values == 2);
  }
  SECTION("spans") {
    limits.max_spans = 2;
    const std::string span = "{" + kIds + "}";
    CHECK(ErrorOf(Request(span + "," + span), limits) == DecodeError::kNone);
    CHECK(ErrorOf(Request(span + "," + span + "," + span), limits) == DecodeError::kTooManySpans);
  }
  SECTION("arena") {
    for (const std::size_t arena : {0, 1, 100, 300, 700, 900}) {
      CAPTURE(arena);
      limits.max_arena_bytes = arena;
      CHECK(ErrorOf(text, limits) == DecodeError::kTooLarge);
      CHECK(ErrorOf(SpanWith(R"("name":")" + std::string(1000, 'x') + R"(\n")"), limits) ==
            DecodeError::kTooLarge);
    }
  }
}

}  // namespace pugmark::testing
