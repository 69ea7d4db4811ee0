#include "proto/codec/api_v2_decoder.h"

#include <catch2/catch.hpp>

#include "proto/codec/api_v2_encoder.h"
#include "proto/codec/text_limits.h"
#include "tests/support/proto_wire.h"
#include "tests/support/span_generator.h"
#include "tests/support/span_text.h"
#include "tests/support/testdata.h"

namespace pugmark::testing {
namespace {

const std::string kTraceId(16, '\x01');
const std::string kSpanId(8, '\x02');

std::string Request(const std::string& batch) { return BytesField(1, batch); }
std::string SpanField(const std::string& more = "") {
  return BytesField(1, BytesField(1, kTraceId) + BytesField(2, kSpanId) + more);
}
std::string Process(const std::string& name) { return BytesField(1, name); }

DecodeError ErrorOf(const std::string& bytes, const BatchLimits& limits = {}) {
  SpanBatch batch(bytes, limits);
  return DecodePostSpansRequest(batch).error;
}

std::string Groups(int depth) {
  std::string bytes;
  for (int i = 0; i < depth; ++i) {
    bytes += Varint(99 << 3 | 3);
  }
  for (int i = 0; i < depth; ++i) {
    bytes += Varint(99 << 3 | 4);
  }
  return bytes;
}

}  // namespace

TEST_CASE("api_v2: bytes captured from clients", "[codec][api_v2]") {
  const auto [name, spans, service] = GENERATE(table<std::string, std::size_t, std::string>({
      {"golden/inputs/client-python-otel-jaeger-grpc.bin", 3, "py-jaeger-grpc"},
      {"golden/inputs/grpc-all-types.bin", 3, "grpc-types"},
      {"golden/inputs/grpc-short-ids.bin", 1, "grpc-short"},
      {"golden/more/inputs/grpc-before-1970.bin", 1, "more-1960"},
      {"golden/more/inputs/grpc-firehose.bin", 3, "more-flags"},
  }));
  CAPTURE(name);
  SpanBatch batch(ReadTestdata(name));
  const DecodeStatus status = DecodePostSpansRequest(batch);
  CAPTURE(ToError(status).message);
  REQUIRE(status.ok());
  CHECK(batch.spans().size() == spans);
  CHECK(batch.spans()[0].resource->service_name == service);
  CHECK(batch.format == SourceFormat::kProto);
}

TEST_CASE("api_v2: every truncation inside the batch fails", "[codec][api_v2]") {
  Random random(3);
  SpanBatch sent("");
  GenerateSpans(sent, SpanProfile::kApiV2, 4, random);
  std::string whole;
  AppendPostSpansRequest(whole, sent.resources()[0], sent.spans());
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    SpanBatch batch(whole.substr(0, cut));
    const DecodeStatus status = DecodePostSpansRequest(batch);
    CHECK(status.error == DecodeError::kTruncated);
    CHECK(status.position <= cut);
    CHECK(batch.spans().empty());
  }
}

TEST_CASE("api_v2: bad input", "[codec][api_v2]") {
  using namespace std::string_literals;
  const std::string endless(11, '\xff');
  const auto [name, bytes, error] = GENERATE_COPY(table<std::string, std::string, DecodeError>({
      {"field number 0", "\x02\x00"s, DecodeError::kMalformed},
      {"wire type 6", "\x0e\x00"s, DecodeError::kMalformed},
      {"end of a group that never began", Varint(9 << 3 | 4), DecodeError::kMalformed},
      {"group without an end", Varint(9 << 3 | 3), DecodeError::kTruncated},
      {"group with another end", Varint(9 << 3 | 3) + Varint(8 << 3 | 4), DecodeError::kMalformed},
      {"groups nested too deep", Groups(40), DecodeError::kTooDeep},
      {"tag of eleven bytes", endless, DecodeError::kMalformed},
      {"tag of six bytes", "\x8a\x80\x80\x80\x80\x00\x00"s, DecodeError::kMalformed},
      {"length of eleven bytes", "\x0a" + endless, DecodeError::kMalformed},
      {"length of six bytes", "\x0a\x82\x80\x80\x80\x80\x00 "s, DecodeError::kMalformed},
      {"length beyond the end", "\x0a\x05"s, DecodeError::kTruncated},
      {"length of 64 bits", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,
       DecodeError::kMalformed},
      {"unknown fixed64 cut off", "\x79\x01\x02"s, DecodeError::kTruncated},
      {"unknown fixed32 cut off", "\x7d\x01\x02"s, DecodeError::kTruncated},
      {"trace id of 5 bytes", Request(BytesField(1, BytesField(1, "abcde"))), DecodeError::kBadId},
      {"trace id of 17 bytes", Request(BytesField(1, BytesField(1, std::string(17, 'a')))),
       DecodeError::kBadId},
      {"span id of 16 bytes", Request(BytesField(1, BytesField(2, kTraceId))), DecodeError::kBadId},
      {"trace id of a reference", Request(SpanField(BytesField(4, BytesField(1, "abc")))),
       DecodeError::kBadId},
      {"span id of a reference", Request(SpanField(BytesField(4, BytesField(2, "abc")))),
       DecodeError::kBadId},
      {"name that is no UTF-8", Request(SpanField(BytesField(3, "\xff"))), DecodeError::kBadUtf8},
      {"key that is no UTF-8", Request(SpanField(BytesField(8, BytesField(1, "\xc3")))),
       DecodeError::kBadUtf8},
      {"value that is no UTF-8", Request(SpanField(BytesField(8, BytesField(3, "\xed\xa0\x80")))),
       DecodeError::kBadUtf8},
      {"service that is no UTF-8", Request(BytesField(2, BytesField(1, "\x80"))),
       DecodeError::kBadUtf8},
      {"warning that is no UTF-8", Request(SpanField(BytesField(12, "\xff"))),
       DecodeError::kBadUtf8},
      {"double cut off", Request(SpanField(BytesField(8, "\x31\x01\x02"))),
       DecodeError::kTruncated},
      {"time cut off", Request(SpanField(BytesField(6, "\x08"))), DecodeError::kTruncated},
  }));
  CAPTURE(name);
  SpanBatch batch(bytes);
  const DecodeStatus status = DecodePostSpansRequest(batch);
  CHECK(status.error == error);
  CHECK(status.position <= bytes.size());
  CHECK(batch.spans().empty());
}

TEST_CASE("api_v2: unusual but valid input", "[codec][api_v2]") {
  const auto decode = [](SpanBatch& batch) {
    const DecodeStatus status = DecodePostSpansRequest(batch);
    CAPTURE(ToError(status).message);
    REQUIRE(status.ok());
  };
  SECTION("nothing at all") {
    SpanBatch batch("");
    decode(batch);
    CHECK(batch.spans().empty());
    CHECK(batch.resources().empty());
  }
  SECTION("a span without ids, times and process") {
    SpanBatch batch(Request(BytesField(1, "")));
    decode(batch);
    REQUIRE(batch.spans().size() == 1);
    CHECK(batch.spans()[0].trace_id.IsZero());
    CHECK(batch.spans()[0].span_id == 0);
    CHECK_FALSE(batch.spans()[0].resource->has_service_name);
  }
  SECTION("8-byte trace ids are the low half") {
    SpanBatch batch(Request(BytesField(1, BytesField(1, kSpanId))));
    decode(batch);
    CHECK(batch.spans()[0].trace_id == TraceId{0, 0x0202020202020202});
  }
  SECTION("the process of the batch may follow its spans, and a span may have its own") {
    SpanBatch batch(Request(SpanField() + SpanField(BytesField(10, Process("own"))) +
                            SpanField(BytesField(10, Process("own"))) + SpanField() +
                            BytesField(2, Process("batch"))));
    decode(batch);
    CHECK(batch.spans()[0].resource->service_name == "batch");
    CHECK(batch.spans()[1].resource->service_name == "own");
    CHECK(batch.spans()[2].resource == batch.spans()[1].resource);
    CHECK(batch.spans()[3].resource == batch.spans()[0].resource);
    CHECK(batch.resources().size() == 2);
  }
  SECTION("the batch's process is no resource when no span is of it") {
    SpanBatch batch(Request(SpanField(BytesField(10, Process("own")))));
    decode(batch);
    REQUIRE(batch.resources().size() == 1);
    CHECK(batch.spans()[0].resource == &batch.resources()[0]);
    CHECK(batch.resources()[0].service_name == "own");
  }
  SECTION("unknown fields of every wire type") {
    SpanBatch batch(VarintField(90, 5) + Fixed64Field(91, 5) + BytesField(92, "x") +
                    Fixed32Field(93, 5) + Groups(5) +
                    Request(SpanField(VarintField(90, 5) + Fixed64Field(91, 5) +
                                      BytesField(92, "\xff") + Fixed32Field(93, 5) + Groups(5))));
    decode(batch);
    CHECK(batch.spans().size() == 1);
  }
  SECTION("known fields of another wire type are unknown ones") {
    SpanBatch batch(Request(SpanField(VarintField(3, 5) + BytesField(5, "abc"))));
    decode(batch);
    CHECK(batch.spans()[0].name.empty());
    CHECK(batch.spans()[0].flags == 0);
  }
  SECTION("value types of a newer schema are shown as text, as far as there is one") {
    SpanBatch batch(Request(
        SpanField(BytesField(8, BytesField(1, "k") + VarintField(2, 77) + BytesField(3, "text")))));
    decode(batch);
    CHECK(SameValue(batch.spans()[0].attributes[0].value, Value::String("text")));
  }
  SECTION("an enumeration has 32 bits") {
    SpanBatch batch(Request(
        SpanField(BytesField(8, BytesField(1, "k") + VarintField(2, (std::uint64_t{1} << 32) + 2) +
                                    VarintField(5, 7)))));
    decode(batch);
    CHECK(SameValue(batch.spans()[0].attributes[0].value, Value::Int(7)));
  }
  SECTION("the value whose type is named counts, also when others are there") {
    SpanBatch batch(Request(SpanField(BytesField(
        8, BytesField(1, "k") + BytesField(3, "text") + VarintField(5, 7) + VarintField(2, 2)))));
    decode(batch);
    CHECK(SameValue(batch.spans()[0].attributes[0].value, Value::Int(7)));
  }
  SECTION("times saturate, and may be before 1970") {
    const auto time = [](std::int64_t seconds, std::int64_t nanos) {
      return VarintField(1, static_cast<std::uint64_t>(seconds)) +
             VarintField(2, static_cast<std::uint64_t>(nanos));
    };
    SpanBatch batch(
        Request(SpanField(BytesField(6, time(-5, 999'999'999)) + BytesField(7, time(-1, -1))) +
                SpanField(BytesField(6, time(std::numeric_limits<std::int64_t>::max(), 0)))));
    decode(batch);
    CHECK(batch.spans()[0].start_time == UnixTime(Nanoseconds(-4'000'000'001)));
    CHECK(batch.spans()[0].duration == Nanoseconds(-1'000'000'001));
    CHECK(batch.spans()[1].start_time == kMaxTime);
  }
}

TEST_CASE("api_v2: limits of a batch", "[codec][api_v2]") {
  const std::string tag = BytesField(1, "key") + BytesField(3, "0123456789");
  std::string more;
  for (int i = 0; i < 3; ++i) {
    more += BytesField(4, BytesField(1, kTraceId)) + BytesField(8, tag) +
            BytesField(9, BytesField(2, tag) + BytesField(2, tag) + BytesField(2, tag));
  }
  const std::string bytes = Request(SpanField(more));
  BatchLimits limits;
  SECTION("lists are cut, and what is cut is counted") {
    limits.max_attributes = 2;
    limits.max_events = 1;
    limits.max_links = 2;
    SpanBatch batch(bytes, limits);
    REQUIRE(DecodePostSpansRequest(batch).ok());
    const Span& span = batch.spans()[0];
    CHECK(span.attributes.size() == 2);
    CHECK(span.dropped_attributes == 1);
    CHECK(span.events.size() == 1);
    CHECK(span.dropped_events == 2);
    CHECK(span.events[0].dropped_attributes == 1);
    CHECK(span.links.size() == 2);
    CHECK(span.dropped_links == 1);
  }
  SECTION("long values are cut with a marker") {
    limits.max_value_bytes = kCutMarker.size() + 2;
    SpanBatch batch(Request(SpanField(BytesField(8, BytesField(3, std::string(100, 'x'))))),
                    limits);
    REQUIRE(DecodePostSpansRequest(batch).ok());
    CHECK(batch.spans()[0].attributes[0].value.text() == "xx" + std::string(kCutMarker));
  }
  SECTION("spans") {
    limits.max_spans = 2;
    CHECK(ErrorOf(Request(SpanField() + SpanField()), limits) == DecodeError::kNone);
    CHECK(ErrorOf(Request(SpanField() + SpanField() + SpanField()), limits) ==
          DecodeError::kTooManySpans);
  }
  SECTION("a process for each of the spans that are allowed, and more processes than spans") {
    limits.max_spans = 2;
    std::string spans;
    for (const char* const name : {"a", "b"}) {
      spans += SpanField(BytesField(10, Process("x")) + BytesField(10, Process("y")) +
                         BytesField(10, Process("z")) + BytesField(10, Process(name)));
    }
    SpanBatch batch(Request(spans), limits);
    REQUIRE(DecodePostSpansRequest(batch).ok());
    CHECK(batch.spans()[0].resource->service_name == "a");
    CHECK(batch.spans()[1].resource->service_name == "b");
    CHECK(batch.resources().size() == 2);
  }
  SECTION("arena") {
    for (const std::size_t arena : {0, 1, 100, 300, 700}) {
      CAPTURE(arena);
      limits.max_arena_bytes = arena;
      CHECK(ErrorOf(bytes, limits) == DecodeError::kTooLarge);
    }
  }
}

TEST_CASE("api_v2: one span alone", "[codec][api_v2]") {
  Random random(5);
  SpanBatch sent("");
  GenerateSpans(sent, SpanProfile::kApiV2, 1, random);
  std::string bytes;
  AppendApiV2Span(bytes, sent.spans()[0]);
  SpanBatch batch(bytes);
  REQUIRE(DecodeApiV2Span(batch).ok());
  CHECK(Describe(batch.spans()) == Describe(sent.spans()));
  REQUIRE(batch.resources().size() == 1);
  CHECK(batch.spans()[0].resource == &batch.resources()[0]);
}

}  // namespace pugmark::testing
