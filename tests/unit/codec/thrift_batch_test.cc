#include "proto/codec/thrift_batch.h"

#include <array>
#include <bit>
#include <catch2/catch.hpp>
#include <limits>

#include "proto/codec/text_limits.h"
#include "proto/codec/thrift_encoder.h"
#include "tests/support/span_generator.h"
#include "tests/support/span_text.h"
#include "tests/support/testdata.h"
#include "tests/support/thrift_tree.h"

namespace pugmark::testing {
namespace {

using Catch::Matchers::Contains;

constexpr std::array<ThriftProtocol, 2> kProtocols{ThriftProtocol::kCompact,
                                                   ThriftProtocol::kBinary};

ThriftNode Integer(ThriftType type, std::int16_t id, std::int64_t value) {
  ThriftNode node;
  node.type = type;
  node.id = id;
  node.integer = value;
  return node;
}
ThriftNode I64(std::int16_t id, std::int64_t value) { return Integer(ThriftType::kI64, id, value); }
ThriftNode I32(std::int16_t id, std::int64_t value) { return Integer(ThriftType::kI32, id, value); }
ThriftNode Text(std::int16_t id, const std::string& text) {
  ThriftNode node;
  node.type = ThriftType::kString;
  node.id = id;
  node.text = text;
  return node;
}
ThriftNode Struct(std::int16_t id, std::vector<ThriftNode> fields) {
  ThriftNode node;
  node.id = id;
  node.children = std::move(fields);
  return node;
}
ThriftNode List(std::int16_t id, std::vector<ThriftNode> elements,
                ThriftType element_type = ThriftType::kStruct) {
  ThriftNode node;
  node.type = ThriftType::kList;
  node.id = id;
  node.element_type = element_type;
  node.children = std::move(elements);
  return node;
}

// A span with its required fields, and `more`.
ThriftNode PlainSpan(std::vector<ThriftNode> more = {}) {
  ThriftNode span = Struct(0, {I64(1, 0x11), I64(2, 0), I64(3, 0x22), I64(4, 0), Text(5, "op"),
                               I32(7, 1), I64(8, 1'000'000), I64(9, 7)});
  for (ThriftNode& field : more) {
    span.children.push_back(std::move(field));
  }
  return span;
}

ThriftNode PlainBatch(std::vector<ThriftNode> spans, std::vector<ThriftNode> more = {}) {
  ThriftNode batch = Struct(0, {Struct(1, {Text(1, "svc")}), List(2, std::move(spans))});
  for (ThriftNode& field : more) {
    batch.children.push_back(std::move(field));
  }
  return batch;
}

std::string OneSpanBatch(ThriftProtocol protocol, std::vector<ThriftNode> more = {}) {
  return WriteThriftStruct(protocol, PlainBatch({PlainSpan(std::move(more))}));
}

// A struct that holds a struct that holds ..., `depth` of them.
ThriftNode Nested(std::int16_t id, int depth) {
  return Struct(
      id, depth > 1 ? std::vector<ThriftNode>{Nested(1, depth - 1)} : std::vector<ThriftNode>{});
}

DecodeError ErrorOf(ThriftProtocol protocol, std::string bytes, const BatchLimits& limits = {}) {
  SpanBatch batch(std::move(bytes), limits);
  return DecodeThriftBatch(protocol, batch).error;
}

}  // namespace

TEST_CASE("thrift: what the encoder writes is decoded equal", "[codec][thrift]") {
  for (const ThriftProtocol protocol : kProtocols) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      CAPTURE(static_cast<int>(protocol), seed);
      Random random(seed);
      SpanBatch sent("");
      GenerateSpans(sent, SpanProfile::kThrift, 1 + random.Below(20), random);
      SpanBatch message(EncodeAgentMessage(protocol, sent.resources()[0], sent.spans(), 5));
      REQUIRE(DecodeAgentMessage(protocol, message).ok());
      CHECK(Describe(message.spans()) == Describe(sent.spans()));
      SpanBatch bare(EncodeThriftBatch(protocol, sent.resources()[0], sent.spans()));
      REQUIRE(DecodeThriftBatch(protocol, bare).ok());
      CHECK(Describe(bare.spans()) == Describe(sent.spans()));
      CHECK(bare.format == SourceFormat::kJaeger);
      CHECK(bare.resources().size() == 1);
    }
  }
}

TEST_CASE("thrift: bytes captured from clients", "[codec][thrift]") {
  struct Capture {
    std::string name;
    ThriftProtocol protocol;
    bool message;
    std::size_t spans;
    std::string service;
  };
  const auto capture = GENERATE(values<Capture>({
      {"client-node-jaeger-client-udp", ThriftProtocol::kBinary, true, 3, "node-udp"},
      {"client-node-otel-jaeger", ThriftProtocol::kBinary, true, 3, "node-jaeger"},
      {"client-node-jaeger-client-http", ThriftProtocol::kBinary, false, 3, "node-http"},
      {"client-python-jaeger-client", ThriftProtocol::kCompact, true, 3, "py-checkout"},
      {"client-python-otel-jaeger-udp", ThriftProtocol::kCompact, true, 3, "py-jaeger-udp"},
      {"client-python-otel-jaeger-http", ThriftProtocol::kBinary, false, 3, "py-jaeger-http"},
      {"client-ruby-jaeger-client-udp", ThriftProtocol::kCompact, true, 2, "rb-udp"},
      {"client-ruby-jaeger-client-http", ThriftProtocol::kBinary, false, 2, "rb-http"},
      {"thrift-flags", ThriftProtocol::kCompact, true, 7, "thrift-flags"},
      {"thrift-no-spans", ThriftProtocol::kBinary, false, 0, "thrift-no-spans"},
      {"thrift-empty-service", ThriftProtocol::kBinary, false, 1, ""},
  }));
  CAPTURE(capture.name);
  SpanBatch batch(ReadTestdata("golden/inputs/" + capture.name + ".bin"));
  const DecodeStatus status = capture.message ? DecodeAgentMessage(capture.protocol, batch)
                                              : DecodeThriftBatch(capture.protocol, batch);
  CAPTURE(ToError(status).message);
  REQUIRE(status.ok());
  CHECK(batch.spans().size() == capture.spans);
  CHECK(batch.resources()[0].service_name == capture.service);
}

TEST_CASE("thrift: every truncation fails, and says so inside the bytes", "[codec][thrift]") {
  Random random(7);
  SpanBatch sent("");
  GenerateSpans(sent, SpanProfile::kThrift, 5, random);
  for (const ThriftProtocol protocol : kProtocols) {
    const std::string whole = EncodeAgentMessage(protocol, sent.resources()[0], sent.spans());
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
      CAPTURE(static_cast<int>(protocol), cut);
      SpanBatch batch(whole.substr(0, cut));
      const DecodeStatus status = DecodeAgentMessage(protocol, batch);
      CHECK(status.error == DecodeError::kTruncated);
      CHECK(status.position <= cut);
      CHECK(batch.spans().empty());
    }
  }
}

TEST_CASE("thrift: bytes behind the message are nobody's", "[codec][thrift]") {
  for (const ThriftProtocol protocol : kProtocols) {
    CHECK(ErrorOf(protocol, OneSpanBatch(protocol) + "garbage") == DecodeError::kNone);
  }
}

TEST_CASE("thrift: bad input", "[codec][thrift]") {
  const ThriftProtocol protocol = GENERATE(ThriftProtocol::kCompact, ThriftProtocol::kBinary);
  const auto write = [protocol](const ThriftNode& node) {
    return WriteThriftStruct(protocol, node);
  };
  const auto bad_span = [&](ThriftNode field) {
    return write(PlainBatch({PlainSpan({std::move(field)})}));
  };
  const ThriftNode tag = Struct(0, {Text(1, "k"), I32(2, 0)});
  const auto [name, bytes, error] = GENERATE_COPY(table<std::string, std::string, DecodeError>({
      {"empty", "", DecodeError::kTruncated},
      {"empty struct", std::string(1, '\0'), DecodeError::kMalformed},
      {"no process", write(Struct(0, {List(2, {PlainSpan()})})), DecodeError::kMalformed},
      {"no spans field", write(Struct(0, {Struct(1, {Text(1, "svc")})})), DecodeError::kMalformed},
      {"process without a name", write(Struct(0, {Struct(1, {}), List(2, {})})),
       DecodeError::kMalformed},
      {"process of the wrong type", write(Struct(0, {Text(1, "svc"), List(2, {})})),
       DecodeError::kMalformed},
      {"second process without a name",
       write(Struct(0, {Struct(1, {Text(1, "svc")}), Struct(1, {}), List(2, {})})),
       DecodeError::kMalformed},
      {"spans that are numbers",
       write(Struct(0,
                    {Struct(1, {Text(1, "svc")}), List(2, {I64(0, 5), I64(0, 6)}, ThriftType::kI64),
                     Text(99, std::string(40, 'x'))})),
       DecodeError::kMalformed},
      {"span without fields",
       write(PlainBatch({Struct(0, {}), PlainSpan({Text(10, std::string(40, 'x'))})})),
       DecodeError::kMalformed},
      {"name of the wrong type",
       write(PlainBatch({Struct(0, {I64(1, 1), I64(2, 1), I64(3, 1), I64(4, 1), I64(5, 1),
                                    I32(7, 1), I64(8, 1), I64(9, 1)})})),
       DecodeError::kMalformed},
      {"flags of the wrong type",
       write(PlainBatch({Struct(0, {I64(1, 1), I64(2, 1), I64(3, 1), I64(4, 1),
                                    Text(5, "operation"), I64(7, 1), I64(8, 1), I64(9, 1)})})),
       DecodeError::kMalformed},
      {"tag without a type", bad_span(List(10, {tag, Struct(0, {Text(1, "k")})})),
       DecodeError::kMalformed},
      {"tag without a key", bad_span(List(10, {tag, Struct(0, {I32(2, 0)})})),
       DecodeError::kMalformed},
      {"tags that are strings", bad_span(List(10, {Text(0, "a")}, ThriftType::kString)),
       DecodeError::kMalformed},
      {"log without fields", bad_span(List(11, {Struct(0, {I64(1, 5)})})), DecodeError::kMalformed},
      {"log without a time", bad_span(List(11, {Struct(0, {List(2, {tag})})})),
       DecodeError::kMalformed},
      {"reference without a span id",
       bad_span(List(6, {Struct(0, {I32(1, 0), I64(2, 1), I64(3, 1)})})), DecodeError::kMalformed},
      {"stats without a counter", write(PlainBatch({PlainSpan()}, {Struct(4, {I64(1, 1)})})),
       DecodeError::kMalformed},
      {"unknown field nested too deep", bad_span(Nested(99, 18)), DecodeError::kTooDeep},
  }));
  CAPTURE(name, static_cast<int>(protocol));
  SpanBatch batch(bytes);
  const DecodeStatus status = DecodeThriftBatch(protocol, batch);
  CHECK(status.error == error);
  CHECK(status.position <= bytes.size());
  CHECK(batch.spans().empty());
}

TEST_CASE("thrift: bad lengths and types on the wire", "[codec][thrift]") {
  using namespace std::string_literals;
  const auto [name, protocol, bytes,
              error] = GENERATE(table<std::string, ThriftProtocol, std::string, DecodeError>({
      {"negative string size", ThriftProtocol::kBinary, "\x0c\x00\x01\x0b\x00\x01\xff\xff\xff\xff"s,
       DecodeError::kMalformed},
      {"huge string size", ThriftProtocol::kBinary, "\x0c\x00\x01\x0b\x00\x01\x7f\xff\xff\xff"s,
       DecodeError::kTruncated},
      {"negative list size", ThriftProtocol::kBinary, "\x0f\x00\x02\x0c\xff\xff\xff\xff"s,
       DecodeError::kMalformed},
      {"huge list size", ThriftProtocol::kBinary, "\x0f\x00\x02\x0c\x7f\xff\xff\xff"s,
       DecodeError::kTruncated},
      {"unknown field type", ThriftProtocol::kBinary, "\x05\x00\x01\x00"s, DecodeError::kMalformed},
      {"map with more entries than bytes", ThriftProtocol::kBinary,
       "\x0d\x00\x09\x0b\x0b\x00\x00\x10\x00"s, DecodeError::kTruncated},
      {"huge string size", ThriftProtocol::kCompact, "\x1c\x18\xff\xff\xff\xff\x07"s,
       DecodeError::kTruncated},
      {"negative string size", ThriftProtocol::kCompact, "\x1c\x18\xff\xff\xff\xff\x0f"s,
       DecodeError::kMalformed},
      {"huge list size", ThriftProtocol::kCompact, "\x29\xfc\xff\xff\xff\xff\x07"s,
       DecodeError::kTruncated},
      {"varint without an end", ThriftProtocol::kCompact,
       "\x36\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s, DecodeError::kMalformed},
      {"unknown field type", ThriftProtocol::kCompact, "\x1d"s, DecodeError::kMalformed},
      {"map with more entries than bytes", ThriftProtocol::kCompact, "\x9b\x7f\x88"s,
       DecodeError::kTruncated},
  }));
  CAPTURE(name, static_cast<int>(protocol));
  CHECK(ErrorOf(protocol, bytes) == error);
}

TEST_CASE("thrift: message headers", "[codec][thrift]") {
  using namespace std::string_literals;
  const auto as_argument = [](std::string field, const std::string& batch) {
    return field.append(batch).append(1, '\0');
  };
  const std::string compact_args = as_argument("\x1c", OneSpanBatch(ThriftProtocol::kCompact));
  const std::string binary_args = as_argument("\x0c\0\x01"s, OneSpanBatch(ThriftProtocol::kBinary));
  const auto [name, protocol, bytes, error] =
      GENERATE_COPY(table<std::string, ThriftProtocol, std::string, DecodeError>({
          {"compact ONEWAY", ThriftProtocol::kCompact,
           "\x82\x81\x00\x09"
           "emitBatch"s +
               compact_args,
           DecodeError::kNone},
          {"compact CALL", ThriftProtocol::kCompact,
           "\x82\x21\x01\x09"
           "emitBatch" +
               compact_args,
           DecodeError::kNone},
          {"compact, another protocol id", ThriftProtocol::kCompact,
           "\x83\x81\x01\x09"
           "emitBatch" +
               compact_args,
           DecodeError::kMalformed},
          {"compact, another version", ThriftProtocol::kCompact,
           "\x82\x82\x01\x09"
           "emitBatch" +
               compact_args,
           DecodeError::kMalformed},
          {"compact, another method", ThriftProtocol::kCompact,
           "\x82\x81\x01\x0f"
           "emitZipkinBatch" +
               compact_args,
           DecodeError::kUnknownMethod},
          {"compact, no argument", ThriftProtocol::kCompact,
           "\x82\x81\x01\x09"
           "emitBatch\0"s,
           DecodeError::kMalformed},
          {"binary strict", ThriftProtocol::kBinary,
           "\x80\x01\x00\x04\0\0\0\x09"
           "emitBatch\0\0\0\0"s +
               binary_args,
           DecodeError::kNone},
          {"binary old", ThriftProtocol::kBinary,
           "\0\0\0\x09"
           "emitBatch\x04\0\0\0\0"s +
               binary_args,
           DecodeError::kNone},
          {"binary, another version", ThriftProtocol::kBinary,
           "\x80\x02\x00\x04\0\0\0\x09"
           "emitBatch\0\0\0\0"s +
               binary_args,
           DecodeError::kMalformed},
          {"binary, another method", ThriftProtocol::kBinary,
           "\x80\x01\x00\x04\0\0\0\x04"
           "emit\0\0\0\0"s +
               binary_args,
           DecodeError::kUnknownMethod},
          {"binary, no argument", ThriftProtocol::kBinary,
           "\x80\x01\x00\x04\0\0\0\x09"
           "emitBatch\0\0\0\0\0"s,
           DecodeError::kMalformed},
      }));
  CAPTURE(name);
  SpanBatch batch(bytes);
  CHECK(DecodeAgentMessage(protocol, batch).error == error);
  CHECK(batch.spans().size() == (error == DecodeError::kNone ? 1 : 0));
}

TEST_CASE("thrift: fields of a newer schema are skipped", "[codec][thrift]") {
  const ThriftProtocol protocol = GENERATE(ThriftProtocol::kCompact, ThriftProtocol::kBinary);
  const std::vector<ThriftNode> unknown{
      Integer(ThriftType::kBool, 100, 1),
      Integer(ThriftType::kByte, 101, 5),
      Integer(ThriftType::kI16, 102, 5),
      I32(103, 5),
      I64(104, -5),
      Integer(ThriftType::kDouble, 105, 5),
      Text(106, "text"),
      Nested(107, 16),
      List(108, {Text(0, "a"), Text(0, "b")}, ThriftType::kString),
      List(109, {Integer(ThriftType::kBool, 0, 1)}, ThriftType::kBool)};
  std::string plain = OneSpanBatch(protocol);
  SpanBatch expected(plain);
  REQUIRE(DecodeThriftBatch(protocol, expected).ok());
  SpanBatch batch(OneSpanBatch(protocol, unknown));
  const DecodeStatus status = DecodeThriftBatch(protocol, batch);
  CAPTURE(ToError(status).message);
  REQUIRE(status.ok());
  CHECK(Describe(batch.spans()) == Describe(expected.spans()));
}

TEST_CASE("thrift: a map of a newer schema is skipped", "[codec][thrift]") {
  using namespace std::string_literals;
  std::string compact = OneSpanBatch(ThriftProtocol::kCompact);
  compact.insert(0,
                 "\x0b\xc8\x01\x02\x81"
                 "\x01"
                 "a"
                 "\x01\x01"
                 "b"
                 "\x02"
                 "\x0b\xca\x01\0"s);
  // The first known field then needs its id in full.
  compact.replace(compact.find('\x1c'), 1, "\x0c\x02"s);
  CHECK(ErrorOf(ThriftProtocol::kCompact, compact) == DecodeError::kNone);
  const std::string binary =
      "\x0d\0\x64\x0b\x02\0\0\0\x01\0\0\0\x01"
      "a"
      "\x01"s +
      OneSpanBatch(ThriftProtocol::kBinary);
  CHECK(ErrorOf(ThriftProtocol::kBinary, binary) == DecodeError::kNone);
}

TEST_CASE("thrift: invalid UTF-8 is replaced, not refused", "[codec][thrift]") {
  SpanBatch batch(ReadTestdata("golden/inputs/thrift-invalid-utf8.bin"));
  REQUIRE(DecodeThriftBatch(ThriftProtocol::kBinary, batch).ok());
  CHECK_THAT(Describe(batch.spans()), Contains("\\xef\\xbf\\xbd"));
  for (const Span& span : batch.spans()) {
    CHECK(IsValidUtf8(span.name));
    for (const Attribute& attribute : span.attributes) {
      CHECK(IsValidUtf8(attribute.key));
    }
  }
}

TEST_CASE("thrift: parent, kind and status are derived", "[codec][thrift]") {
  const auto ref = [](std::int64_t type, std::int64_t trace, std::int64_t span) {
    return Struct(0, {I32(1, type), I64(2, trace), I64(3, 0), I64(4, span)});
  };
  const auto string_tag = [](const std::string& key, const std::string& value) {
    return Struct(0, {Text(1, key), I32(2, 0), Text(3, value)});
  };
  SpanBatch batch(
      OneSpanBatch(ThriftProtocol::kCompact,
                   {List(6, {ref(0, 0x99, 1), ref(1, 0x11, 2), ref(0, 0x11, 3)}),
                    List(10, {string_tag("span.kind", "Client"), string_tag("error", "true")})}));
  REQUIRE(DecodeThriftBatch(ThriftProtocol::kCompact, batch).ok());
  const Span& span = batch.spans()[0];
  CHECK(span.parent_span_id == 3);
  CHECK(span.links.size() == 3);
  CHECK(span.kind == SpanKind::kClient);
  CHECK(span.status == StatusCode::kError);
  CHECK(span.attributes.size() == 2);
}

TEST_CASE("thrift: a tag keeps the value that its type names, whatever the order",
          "[codec][thrift]") {
  const auto protocol = GENERATE(ThriftProtocol::kCompact, ThriftProtocol::kBinary);
  const auto tag = [](std::int64_t type) {
    return Struct(0, {Text(7, "\xff\xfe"), I64(6, 5), Integer(ThriftType::kBool, 5, 1),
                      Integer(ThriftType::kDouble, 4, std::bit_cast<std::int64_t>(2.5)),
                      Text(3, "text"), I32(2, type), Text(1, "k")});
  };
  SpanBatch batch(
      OneSpanBatch(protocol, {List(10, {tag(0), tag(1), tag(2), tag(3), tag(4), tag(77)})}));
  REQUIRE(DecodeThriftBatch(protocol, batch).ok());
  const auto tags = batch.spans()[0].attributes;
  CHECK(SameValue(tags[0].value, Value::String("text")));
  CHECK(SameValue(tags[1].value, Value::Double(2.5)));
  CHECK(SameValue(tags[2].value, Value::Bool(true)));
  CHECK(SameValue(tags[3].value, Value::Int(5)));
  CHECK(SameValue(tags[4].value, Value::Bytes("\xff\xfe")));
  CHECK(SameValue(tags[5].value, Value::String("Unknown VType: 77")));
}

TEST_CASE("thrift: times that do not fit saturate", "[codec][thrift]") {
  ThriftNode span = PlainSpan();
  span.children[6].integer = std::numeric_limits<std::int64_t>::max();
  span.children[7].integer = std::numeric_limits<std::int64_t>::min();
  SpanBatch batch(WriteThriftStruct(ThriftProtocol::kBinary, PlainBatch({span})));
  REQUIRE(DecodeThriftBatch(ThriftProtocol::kBinary, batch).ok());
  CHECK(batch.spans()[0].start_time == kMaxTime);
  CHECK(batch.spans()[0].duration == Nanoseconds::min());
}

TEST_CASE("thrift: limits of a batch", "[codec][thrift]") {
  const auto protocol = GENERATE(ThriftProtocol::kCompact, ThriftProtocol::kBinary);
  CAPTURE(static_cast<int>(protocol));
  const ThriftNode tag = Struct(0, {Text(1, "key"), I32(2, 0), Text(3, "0123456789")});
  const ThriftNode log = Struct(0, {I64(1, 5), List(2, {tag, tag, tag})});
  const ThriftNode ref = Struct(0, {I32(1, 0), I64(2, 1), I64(3, 0), I64(4, 1)});
  const std::string bytes = OneSpanBatch(
      protocol, {List(6, {ref, ref, ref}), List(10, {tag, tag, tag}), List(11, {log, log, log})});
  BatchLimits limits;
  SECTION("lists are cut, and what is cut is counted") {
    limits.max_attributes = 2;
    limits.max_events = 1;
    limits.max_links = 2;
    SpanBatch batch(bytes, limits);
    REQUIRE(DecodeThriftBatch(protocol, batch).ok());
    const Span& span = batch.spans()[0];
    CHECK(span.attributes.size() == 2);
    CHECK(span.dropped_attributes == 1);
    CHECK(span.events.size() == 1);
    CHECK(span.dropped_events == 2);
    CHECK(span.events[0].attributes.size() == 2);
    CHECK(span.events[0].dropped_attributes == 1);
    CHECK(span.links.size() == 2);
    CHECK(span.dropped_links == 1);
  }
  SECTION("a limit of nothing drops everything") {
    limits.max_attributes = 0;
    limits.max_events = 0;
    limits.max_links = 0;
    SpanBatch batch(bytes, limits);
    REQUIRE(DecodeThriftBatch(protocol, batch).ok());
    CHECK(batch.spans()[0].attributes.empty());
    CHECK(batch.spans()[0].dropped_attributes == 3);
  }
  SECTION("long values are cut with a marker") {
    limits.max_value_bytes = 9;
    SpanBatch batch(bytes, limits);
    REQUIRE(DecodeThriftBatch(protocol, batch).ok());
    CHECK(batch.spans()[0].attributes[0].value.text() == kCutMarker.substr(0, 9));
  }
  SECTION("spans") {
    limits.max_spans = 1;
    CHECK(ErrorOf(protocol, bytes, limits) == DecodeError::kNone);
    CHECK(ErrorOf(protocol, WriteThriftStruct(protocol, PlainBatch({PlainSpan(), PlainSpan()})),
                  limits) == DecodeError::kTooManySpans);
  }
  SECTION("arena") {
    for (const std::size_t arena : {0, 1, 100, 200, 300, 500}) {
      CAPTURE(arena);
      limits.max_arena_bytes = arena;
      CHECK(ErrorOf(protocol, bytes, limits) == DecodeError::kTooLarge);
    }
  }
}

TEST_CASE("thrift: what a batch says beside its spans", "[codec][thrift]") {
  const auto protocol = GENERATE(ThriftProtocol::kCompact, ThriftProtocol::kBinary);
  SpanBatch batch(WriteThriftStruct(
      protocol, PlainBatch({}, {I64(3, 42), Struct(4, {I64(1, 1), I64(2, -2), I64(3, 3)})})));
  ThriftBatchInfo info;
  REQUIRE(DecodeThriftBatch(protocol, batch, &info).ok());
  CHECK(info.has_seq_no);
  CHECK(info.seq_no == 42);
  CHECK(info.has_stats);
  CHECK(info.stats.full_queue_dropped_spans == 1);
  CHECK(info.stats.too_large_dropped_spans == -2);
  CHECK(info.stats.failed_to_emit_spans == 3);
}

TEST_CASE("thrift: an error names its reason and its place", "[codec][thrift]") {
  SpanBatch batch("\x82\x81");
  const Error error = ToError(DecodeAgentMessage(ThriftProtocol::kCompact, batch));
  CHECK(error.code == ErrorCode::kInvalidArgument);
  CHECK(error.message == "truncated at byte 2");
}

}  // namespace pugmark::testing
