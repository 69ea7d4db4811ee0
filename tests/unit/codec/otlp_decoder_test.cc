#include "proto/codec/otlp_decoder.h"

#include <catch2/catch.hpp>
#include <limits>

#include "proto/codec/text_limits.h"
#include "tests/support/otlp_oracle.h"
#include "tests/support/proto_wire.h"
#include "tests/support/span_generator.h"
#include "tests/support/span_text.h"
#include "tests/support/testdata.h"

namespace pugmark::testing {
namespace {

const std::string kTraceId(16, '\x01');
const std::string kSpanId(8, '\x02');
const std::string kIds = BytesField(1, kTraceId) + BytesField(2, kSpanId);

std::string KeyValue(std::string_view key, const std::string& any) {
  return BytesField(1, key) + BytesField(2, any);
}
std::string StringValue(std::string_view text) { return BytesField(1, text); }

// A request with one resource, one scope and the spans whose contents are given.
std::string Request(const std::vector<std::string>& spans, const std::string& resource = "") {
  std::string scope_spans;
  for (const std::string& span : spans) {
    scope_spans += BytesField(2, span);
  }
  return BytesField(1, BytesField(1, resource) + BytesField(2, scope_spans));
}
std::string SpanWithAttribute(const std::string& key_value) {
  return Request({kIds + BytesField(9, key_value)});
}

// A value of `depth` arrays in each other.
std::string Nested(int depth) {
  std::string value = VarintField(3, 5);
  for (int i = 0; i < depth; ++i) {
    value = BytesField(5, BytesField(1, value));
  }
  return value;
}

void RequireDecodes(SpanBatch& batch) {
  const DecodeStatus status = DecodeOtlp(batch);
  CAPTURE(ToError(status).message);
  REQUIRE(status.ok());
}

DecodeError ErrorOf(const std::string& bytes, const BatchLimits& limits = {}) {
  SpanBatch batch(bytes, limits);
  return DecodeOtlp(batch).error;
}

}  // namespace

TEST_CASE("otlp: bytes captured from clients", "[codec][otlp]") {
  const auto [name, spans, service] = GENERATE(table<std::string, std::size_t, std::string>({
      {"golden/inputs/client-node-otel-otlp-proto.bin", 3, "node-otlp-proto"},
      {"golden/inputs/client-python-otel-otlp-http.bin", 3, "py-otlp-http"},
      {"golden/more/inputs/client-python-otel-otlp.bin", 3, "py-otlp-http"},
      {"golden/inputs/otlp-status-and-kinds.bin", 6, "edge-kinds"},
      {"golden/more/inputs/otlp-grpc-scope.bin", 1, "more-grpc"},
      {"golden/more/inputs/otlp-grpc-empty.bin", 0, ""},
  }));
  CAPTURE(name);
  SpanBatch batch(ReadTestdata(name));
  RequireDecodes(batch);
  CHECK(batch.spans().size() == spans);
  CHECK(batch.format == SourceFormat::kOtlp);
  CHECK(batch.rejected_spans == 0);
  if (spans > 0) {
    CHECK(batch.spans()[0].resource->service_name == service);
    CHECK(batch.spans()[0].scope != nullptr);
  }
}

TEST_CASE("otlp: every truncation fails", "[codec][otlp]") {
  Random random(3);
  SpanBatch sent("");
  GenerateSpans(sent, SpanProfile::kOtlp, 1, random);
  const std::string whole = OtlpWithOracle(sent);  // one field, so that every cut is inside
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    SpanBatch batch(whole.substr(0, cut));
    const DecodeStatus status = DecodeOtlp(batch);
    CHECK(status.error == DecodeError::kTruncated);
    CHECK(status.position <= cut);
    CHECK(batch.spans().empty());
  }
}

TEST_CASE("otlp: bad input", "[codec][otlp]") {
  using namespace std::string_literals;
  const auto [name, bytes, error] = GENERATE_COPY(table<std::string, std::string, DecodeError>({
      {"field number 0", "\x02\x00"s, DecodeError::kMalformed},
      {"recorded garbage", ReadTestdata("golden/inputs/bad-otlp-proto-garbage.bin"),
       DecodeError::kTruncated},
      {"recorded truncation", ReadTestdata("golden/inputs/bad-otlp-proto-truncated.bin"),
       DecodeError::kTruncated},
      {"wire type 7 in a scope", BytesField(1, BytesField(2, "\x0f")), DecodeError::kMalformed},
      {"wire type 6 in a span", Request({kIds + "\x0e"}), DecodeError::kMalformed},
      {"endless varint in a span", Request({kIds + "\x30" + std::string(11, '\xff')}),
       DecodeError::kMalformed},
      {"start time cut off", Request({kIds + "\x39\x01\x02"}), DecodeError::kTruncated},
      {"flags cut off", Request({kIds + "\x85\x01\x01\x02"}), DecodeError::kTruncated},
      {"event cut off", Request({kIds + BytesField(11, "\x09\x01")}), DecodeError::kTruncated},
      {"link cut off", Request({kIds + BytesField(13, "\x0a\x10")}), DecodeError::kTruncated},
      {"status cut off", Request({kIds + BytesField(15, "\x12\x05")}), DecodeError::kTruncated},
      {"key cut off",
       SpanWithAttribute("\x0a\x05"
                         "abc"),
       DecodeError::kTruncated},
      {"string value cut off",
       SpanWithAttribute(KeyValue("k",
                                  "\x0a\x05"
                                  "abc")),
       DecodeError::kTruncated},
      {"double value cut off", SpanWithAttribute(KeyValue("k", "\x21\x01\x02\x03")),
       DecodeError::kTruncated},
      {"int value without an end", SpanWithAttribute(KeyValue("k", "\x18\x80\x80")),
       DecodeError::kTruncated},
      {"map entry cut off", SpanWithAttribute(KeyValue("k", BytesField(6, "\x0a\x05"))),
       DecodeError::kTruncated},
      {"values nested too deep", SpanWithAttribute(KeyValue("k", Nested(33))),
       DecodeError::kTooDeep},
      {"values nested far too deep", SpanWithAttribute(KeyValue("k", Nested(5000))),
       DecodeError::kTooDeep},
      {"bad resource", BytesField(1, BytesField(1, "\x0a\x7f")), DecodeError::kTruncated},
      {"bad scope", BytesField(1, BytesField(2, BytesField(1, "\x0a\x7f"))),
       DecodeError::kTruncated},
  }));
  CAPTURE(name);
  SpanBatch batch(bytes);
  const DecodeStatus status = DecodeOtlp(batch);
  CHECK(status.error == error);
  CHECK(status.position <= bytes.size());
  CHECK(batch.spans().empty());
}

TEST_CASE("otlp: spans with bad ids are left out and counted", "[codec][otlp]") {
  const std::string good = kIds + BytesField(5, "good");
  const auto [name, bad] = GENERATE_COPY(table<std::string, std::string>({
      {"trace id of 15 bytes", BytesField(1, kTraceId.substr(1)) + BytesField(2, kSpanId)},
      {"trace id of 8 bytes", BytesField(1, kSpanId) + BytesField(2, kSpanId)},
      {"trace id of 32 bytes", BytesField(1, kTraceId + kTraceId) + BytesField(2, kSpanId)},
      {"span id of 7 bytes", BytesField(1, kTraceId) + BytesField(2, kSpanId.substr(1))},
      {"span id of 16 bytes", BytesField(1, kTraceId) + BytesField(2, kTraceId)},
      {"parent id of 1 byte", kIds + BytesField(4, "x")},
      {"trace id of a link", kIds + BytesField(13, BytesField(1, "x"))},
      {"span id of a link", kIds + BytesField(13, BytesField(2, "x"))},
  }));
  CAPTURE(name);
  SpanBatch batch(Request({good, bad, good}));
  RequireDecodes(batch);
  REQUIRE(batch.spans().size() == 2);
  CHECK(batch.rejected_spans == 1);
  CHECK(batch.spans()[1].name == "good");
  SpanBatch alone(Request({bad}));
  RequireDecodes(alone);
  CHECK(alone.spans().empty());
  CHECK(alone.resources().empty());
  CHECK(alone.rejected_spans == 1);
}

TEST_CASE("otlp: unusual but valid input", "[codec][otlp]") {
  SECTION("ids that are absent or empty") {
    SpanBatch batch(Request({"", BytesField(1, "") + BytesField(2, "") + BytesField(4, "")}));
    RequireDecodes(batch);
    REQUIRE(batch.spans().size() == 2);
    CHECK(batch.spans()[1].trace_id.IsZero());
  }
  SECTION("a resource may follow its scopes, a scope its spans") {
    SpanBatch batch(BytesField(
        1, BytesField(2, BytesField(2, kIds) + BytesField(1, BytesField(1, "lib")) +
                             BytesField(3, "scope schema")) +
               BytesField(1, BytesField(1, KeyValue("service.name", StringValue("late")))) +
               BytesField(3, "resource schema")));
    RequireDecodes(batch);
    const Span& span = batch.spans()[0];
    CHECK(span.resource->service_name == "late");
    CHECK(span.resource->schema_url == "resource schema");
    CHECK(span.scope->name == "lib");
    CHECK(span.scope->schema_url == "scope schema");
  }
  SECTION("resources and scopes without spans are none of the batch's") {
    SpanBatch batch(
        BytesField(1, BytesField(1, BytesField(1, KeyValue("service.name", StringValue("idle")))) +
                          BytesField(2, "")) +
        Request({kIds}, BytesField(1, KeyValue("service.name", StringValue("busy")))));
    RequireDecodes(batch);
    REQUIRE(batch.resources().size() == 1);
    CHECK(batch.resources()[0].service_name == "busy");
    CHECK(batch.spans()[0].resource == &batch.resources()[0]);
  }
  SECTION("no resource, no scope") {
    SpanBatch batch(BytesField(1, BytesField(2, BytesField(2, kIds))));
    RequireDecodes(batch);
    CHECK_FALSE(batch.spans()[0].resource->has_service_name);
    CHECK(batch.spans()[0].scope->name.empty());
  }
  SECTION("a service name that is no string stays an attribute") {
    SpanBatch batch(Request({kIds}, BytesField(1, KeyValue("service.name", VarintField(3, 5)))));
    RequireDecodes(batch);
    CHECK_FALSE(batch.resources()[0].has_service_name);
    CHECK(batch.resources()[0].attributes.size() == 1);
  }
  SECTION("of two service names the first one counts") {
    SpanBatch batch(Request({kIds}, BytesField(1, KeyValue("service.name", StringValue("a"))) +
                                        BytesField(1, KeyValue("service.name", StringValue("b")))));
    RequireDecodes(batch);
    CHECK(batch.resources()[0].service_name == "a");
    CHECK(batch.resources()[0].attributes.size() == 1);
  }
  SECTION("an empty service name is one") {
    SpanBatch batch(Request({kIds}, BytesField(1, KeyValue("service.name", StringValue("")))));
    RequireDecodes(batch);
    CHECK(batch.resources()[0].has_service_name);
  }
  SECTION("kinds and status codes of a newer schema") {
    SpanBatch batch(Request({kIds + VarintField(6, 77) + BytesField(15, VarintField(3, 9)),
                             kIds + VarintField(6, ~std::uint64_t{0})}));
    RequireDecodes(batch);
    CHECK(static_cast<int>(batch.spans()[0].kind) == 77);
    CHECK(batch.spans()[0].status == StatusCode::kUnset);
    CHECK(batch.spans()[1].kind == SpanKind::kUnspecified);
  }
  SECTION("times beyond 63 bits saturate, and an end before the start is a negative duration") {
    const std::uint64_t most = ~std::uint64_t{0};
    SpanBatch batch(
        Request({kIds + Fixed64Field(7, most) + Fixed64Field(8, most), kIds + Fixed64Field(8, most),
                 kIds + Fixed64Field(7, most), kIds + Fixed64Field(7, 100) + Fixed64Field(8, 90)}));
    RequireDecodes(batch);
    CHECK(batch.spans()[0].start_time == kMaxTime);
    CHECK(batch.spans()[0].duration == Nanoseconds(0));
    CHECK(batch.spans()[1].duration == Nanoseconds::max());
    CHECK(batch.spans()[2].duration == -Nanoseconds::max());
    CHECK(batch.spans()[3].duration == Nanoseconds(-10));
  }
  SECTION("unknown fields of every wire type, at every level") {
    const std::string unknown = VarintField(90, 5) + Fixed64Field(91, 5) + BytesField(92, "\xff") +
                                Fixed32Field(93, 5) + Varint(94 << 3 | 3) + Varint(94 << 3 | 4);
    SpanBatch batch(
        unknown +
        BytesField(1, unknown + BytesField(1, unknown) +
                          BytesField(2, unknown + BytesField(1, unknown) +
                                            BytesField(2, unknown + kIds + BytesField(9, unknown) +
                                                              BytesField(11, unknown) +
                                                              BytesField(13, unknown) +
                                                              BytesField(15, unknown)))));
    RequireDecodes(batch);
    REQUIRE(batch.spans().size() == 1);
    CHECK(batch.spans()[0].attributes.size() == 1);
    CHECK(batch.spans()[0].events.size() == 1);
    CHECK(batch.spans()[0].links.size() == 1);
  }
  SECTION("values nested as deep as they may be") {
    CHECK(ErrorOf(SpanWithAttribute(KeyValue("k", Nested(32)))) == DecodeError::kNone);
  }
  SECTION("attributes in any order, without a value, with several") {
    SpanBatch batch(Request(
        {kIds + BytesField(9, BytesField(2, StringValue("v")) + BytesField(1, "k")) +
         BytesField(9, BytesField(1, "k")) + BytesField(9, KeyValue("k", "")) +
         BytesField(9, KeyValue("k", StringValue("v") + VarintField(3, 5))) +
         BytesField(9, KeyValue("k", VarintField(2, 7))) +
         BytesField(9, KeyValue("k", BytesField(5, ""))) +
         BytesField(9, KeyValue(std::string(300, 'k'), StringValue(std::string(300, 'v'))))}));
    RequireDecodes(batch);
    const auto attributes = batch.spans()[0].attributes;
    REQUIRE(attributes.size() == 7);
    CHECK(attributes[0].key == "k");
    CHECK(SameValue(attributes[0].value, Value::String("v")));
    CHECK(SameValue(attributes[1].value, Value()));
    CHECK(SameValue(attributes[2].value, Value()));
    CHECK(SameValue(attributes[3].value, Value::Int(5)));
    CHECK(SameValue(attributes[4].value, Value::Bool(true)));
    CHECK(SameValue(attributes[5].value, Value::Array({})));
    CHECK(attributes[6].key.size() == 300);
  }
  SECTION("Jaeger's warnings are no attribute") {
    SpanBatch batch(SpanWithAttribute(
        KeyValue("@jaeger@warnings",
                 BytesField(5, BytesField(1, StringValue("a")) + BytesField(1, VarintField(3, 5)) +
                                   BytesField(1, StringValue("b"))))));
    RequireDecodes(batch);
    CHECK(batch.spans()[0].attributes.empty());
    REQUIRE(batch.spans()[0].warnings.size() == 2);
    CHECK(batch.spans()[0].warnings[1] == "b");
  }
  SECTION("links say what they mean") {
    const auto link = [](const std::string& type) {
      return BytesField(13, BytesField(4, KeyValue("opentracing.ref_type", StringValue(type))));
    };
    SpanBatch batch(Request({kIds + link("child_of") + link("follows_from") + link("other") +
                             BytesField(13, Fixed32Field(6, 0x301))}));
    RequireDecodes(batch);
    const auto links = batch.spans()[0].links;
    CHECK(links[0].ref_type == RefType::kChildOf);
    CHECK(links[1].ref_type == RefType::kFollowsFrom);
    CHECK(links[2].ref_type == RefType::kLink);
    CHECK(links[3].flags == 0x301);
  }
}

TEST_CASE("otlp: integers of every length", "[codec][otlp]") {
  for (int bits = 0; bits < 64; ++bits) {
    for (const std::uint64_t value : {std::uint64_t{1} << bits, (std::uint64_t{1} << bits) - 1}) {
      CAPTURE(value);
      SpanBatch batch(SpanWithAttribute(KeyValue("k", VarintField(3, value))));
      RequireDecodes(batch);
      CHECK(SameValue(batch.spans()[0].attributes[0].value,
                      Value::Int(static_cast<std::int64_t>(value))));
    }
  }
}

TEST_CASE("otlp: invalid UTF-8 is repaired as Jaeger repairs it", "[codec][otlp]") {
  SECTION("the recorded body") {
    SpanBatch batch(ReadTestdata("golden/more/inputs/otlp-invalid-utf8.bin"));
    RequireDecodes(batch);
    const Span& span = batch.spans()[0];
    CHECK(span.name == "invalid-span-name");
    REQUIRE(span.attributes.size() == 3);
    CHECK(SameValue(span.attributes[0].value, Value::Bytes("v\xfe")));
    CHECK(span.attributes[1].key == "invalid-tag-key-1");
    CHECK(SameValue(span.attributes[1].value, Value::Bytes("k\xfd"
                                                           "ey:fine")));
    CHECK(span.attributes[2].key == "invalid-span-name");
    CHECK(SameValue(span.attributes[2].value, Value::Bytes("bad\xff"
                                                           "name")));
  }
  SECTION("keys are numbered in each list, and keep their values") {
    SpanBatch batch(Request(
        {kIds + BytesField(9, KeyValue("\xfe", VarintField(3, 7))) +
             BytesField(9, KeyValue("\xff", StringValue("\xfd"))),
         kIds + BytesField(9, KeyValue("\xfc", BytesField(5, BytesField(1, VarintField(2, 1)))))},
        BytesField(1, KeyValue("\xfb", ""))));
    RequireDecodes(batch);
    const auto first = batch.spans()[0].attributes;
    CHECK(first[0].key == "invalid-tag-key-1");
    CHECK(first[0].value.text() == "\xfe:7");
    CHECK(first[1].key == "invalid-tag-key-2");
    CHECK(first[1].value.text() == "\xff:\xfd");
    CHECK(batch.spans()[1].attributes[0].key == "invalid-tag-key-1");
    CHECK(batch.spans()[1].attributes[0].value.text() == "\xfc:[true]");
    CHECK(batch.resources()[0].attributes[0].value.text() == "\xfb:");
  }
  SECTION("elsewhere bytes are replaced") {
    const std::string bad = KeyValue("\xff", StringValue("\xfe"));
    SpanBatch batch(BytesField(
        1,
        BytesField(
            2, BytesField(1, BytesField(1, "s\xff") + BytesField(2, "v\xff")) +
                   BytesField(
                       2, kIds + BytesField(3, "t\xff") +
                              BytesField(
                                  9, KeyValue("list",
                                              BytesField(5, BytesField(1, StringValue("e\xff"))))) +
                              BytesField(9, KeyValue("map", BytesField(6, BytesField(1, bad)))) +
                              BytesField(11, BytesField(2, "n\xff") + BytesField(3, bad)) +
                              BytesField(13, BytesField(4, bad)) +
                              BytesField(15, BytesField(2, "m\xff"))) +
                   BytesField(3, "u\xff")) +
            BytesField(3, "w\xff")));
    RequireDecodes(batch);
    const std::string text = Describe(batch.spans());
    CHECK(text.find("\\xff") == std::string::npos);
    CHECK(text.find("\\xfe") == std::string::npos);
    CHECK(batch.spans()[0].events[0].attributes[0].key == "\xef\xbf\xbd");
  }
}

TEST_CASE("otlp: limits of a batch", "[codec][otlp]") {
  const std::string attribute = KeyValue("key", StringValue("0123456789"));
  std::string more = kIds + VarintField(10, 5) + VarintField(12, 6) +
                     VarintField(14, 0xffffffff);  // sent as dropped already
  for (int i = 0; i < 3; ++i) {
    more += BytesField(9, attribute) +
            BytesField(11, BytesField(3, attribute) + BytesField(3, attribute) +
                               BytesField(3, attribute) + VarintField(4, 1)) +
            BytesField(
                13, BytesField(4, attribute) + BytesField(4, attribute) + BytesField(4, attribute));
  }
  const std::string bytes = Request({more});
  BatchLimits limits;
  SECTION("lists are cut, and what is cut is counted with what the client dropped") {
    limits.max_attributes = 2;
    limits.max_events = 1;
    limits.max_links = 2;
    SpanBatch batch(bytes, limits);
    RequireDecodes(batch);
    const Span& span = batch.spans()[0];
    CHECK(span.attributes.size() == 2);
    CHECK(span.dropped_attributes == 6);
    CHECK(span.events.size() == 1);
    CHECK(span.dropped_events == 8);
    CHECK(span.events[0].dropped_attributes == 2);
    CHECK(span.links.size() == 2);
    CHECK(span.dropped_links == 0xffffffff);
    CHECK(span.links[0].dropped_attributes == 1);
  }
  SECTION("long texts are cut and counted") {
    limits.max_value_bytes = kCutMarker.size() + 2;
    const std::string text(100, 'x');
    SpanBatch batch(
        Request({kIds + BytesField(5, text) + BytesField(9, KeyValue("k", StringValue(text))) +
                 BytesField(9, KeyValue("k", BytesField(7, text))) +
                 BytesField(9, KeyValue(text, VarintField(2, 1)))}),
        limits);
    RequireDecodes(batch);
    const std::string cut = "xx" + std::string(kCutMarker);
    CHECK(batch.spans()[0].name == cut);
    CHECK(batch.spans()[0].attributes[0].value.text() == cut);
    CHECK(batch.spans()[0].attributes[1].value.text() == text.substr(0, cut.size()));
    CHECK(batch.spans()[0].attributes[2].key == cut);
    CHECK(batch.cut_values == 4);
  }
  SECTION("spans") {
    limits.max_spans = 2;
    CHECK(ErrorOf(Request({kIds, kIds}), limits) == DecodeError::kNone);
    CHECK(ErrorOf(Request({kIds, kIds, kIds}), limits) == DecodeError::kTooManySpans);
  }
  SECTION("arena") {
    for (const std::size_t arena : {0, 1, 100, 300, 700, 1000}) {
      CAPTURE(arena);
      limits.max_arena_bytes = arena;
      CHECK(ErrorOf(bytes, limits) == DecodeError::kTooLarge);
    }
  }
  SECTION("a million empty resources are no reason to take all memory") {
    std::string empty;
    for (int i = 0; i < 2'000'000; ++i) {
      empty += std::string("\x0a\x00", 2);
    }
    CHECK(ErrorOf(empty) == DecodeError::kTooLarge);
  }
}

}  // namespace pugmark::testing
