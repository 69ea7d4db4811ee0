#include <catch2/catch.hpp>

#include <random>

#include <xxhash.h>

#include "storage/rocks/head/head.h"
#include "storage/rocks/wal/record_replayer.h"
#include "storage/rocks/wal/record_writer.h"
#include "tests/unit/storage_engine/random_spans.h"

namespace pugmark::engine {
namespace {

using test::RandomSpanOptions;
using test::RandomSpans;

bool HoldsSpan(const Head& head, std::uint32_t row, const Span& want) {
  Arena arena(std::size_t{64} << 20);
  SpanAssembler assembler(head.schema(), arena);
  HeadRowSource source(head, row);
  Span got;
  return assembler.Assemble(source.Core(), source, got) && SameSpan(got, want);
}

std::string Resealed(std::string record) {
  const std::size_t body = record.size() - kRecordChecksumBytes;
  const std::uint64_t sum = XXH3_64bits(record.data(), body);
  std::memcpy(record.data() + body, &sum, sizeof sum);
  return record;
}

TEST_CASE("head: spans of the whole model come back equal, live and replayed", "[engine][head]") {
  const auto seed = GENERATE(range(1, 9));
  RandomSpanOptions options;
  options.whole_micros = seed % 2 == 0;
  RandomSpans random(static_cast<std::uint64_t>(seed), options);
  Head::Limits limits;
  limits.columns = seed > 6 ? 12 : 4096;  // packed attributes
  RecordWriter writer(limits);
  Head live;
  Head replayed;
  std::uint32_t row = 0;
  for (int i = 0; i < 6; ++i) {
    const auto batch = random.Batch(1 + random.Below(200));
    const std::string record(writer.Append(live, i == 3 ? "tenant" : "", batch->spans()));
    const Result<RecordSummary> summary = ReplayRecord(record, replayed);
    REQUIRE(summary.ok());
    CHECK(summary->spans == batch->spans().size());
    CHECK(summary->starts_head == (i == 0));
    for (const Span& span : batch->spans()) {
      CAPTURE(row);
      REQUIRE(HoldsSpan(live, row, span));
      REQUIRE(HoldsSpan(replayed, row, span));
      ++row;
    }
  }
  CHECK(live.Fingerprint() == replayed.Fingerprint());
  CHECK(live.values == replayed.values);
}

TEST_CASE("head: a column with too many values goes plain and stays exact", "[engine][head]") {
  RecordWriter writer;
  Head live;
  Head replayed;
  SpanBatch batch("");
  Resource resource;
  resource.service_name = "s";
  std::vector<Span> spans(12'000);
  std::vector<Attribute> attributes(spans.size() * 2);
  std::vector<std::string> texts(spans.size());
  for (std::size_t i = 0; i < spans.size(); ++i) {
    texts[i] = "user-" + std::to_string(1'000'000 + i * 7) + (i % 3 == 0 ? "-nothing" : "");
    attributes[2 * i] = {"user", Value::String(texts[i])};
    attributes[2 * i + 1] = {"n", Value::Int(static_cast<std::int64_t>(i * i))};
    spans[i].trace_id = {1, i / 5};
    spans[i].span_id = i;
    spans[i].resource = &resource;
    spans[i].attributes = {&attributes[2 * i], 2};
  }
  for (std::size_t at = 0; at < spans.size(); at += 500) {
    const std::string record(writer.Append(live, "", std::span(spans).subspan(at, 500)));
    REQUIRE(ReplayRecord(record, replayed).ok());
  }
  CHECK(live.columns[0].is_plain);
  CHECK(live.columns[1].is_plain);
  CHECK(live.columns[0].patterns.size() == 2);
  for (std::uint32_t i = 0; i < spans.size(); i += 97) {
    CAPTURE(i);
    REQUIRE(HoldsSpan(live, i, spans[i]));
    REQUIRE(HoldsSpan(replayed, i, spans[i]));
  }
  // The successor does not learn it anew.
  writer.Learn(live);
  Head next;
  (void)writer.Append(next, "", std::span(spans).first(1));
  CHECK(next.columns[0].is_plain);
}

TEST_CASE("log record: damage is noticed, whatever it is", "[engine][wal]") {
  RandomSpans random(7);
  RecordWriter writer;
  Head head;
  const auto first = random.Batch(20);
  const auto second = random.Batch(20);
  const std::string record_one(writer.Append(head, "", first->spans()));
  const std::string record_two(writer.Append(head, "", second->spans()));

  SECTION("every truncation") {
    for (std::size_t size = 0; size < record_one.size(); ++size) {
      Head other;
      REQUIRE_FALSE(ReplayRecord(record_one.substr(0, size), other).ok());
    }
  }
  SECTION("truncation that a checksum does not show") {
    for (std::size_t size = 2 + kRecordChecksumBytes; size < record_one.size(); ++size) {
      Head other;
      REQUIRE_FALSE(ReplayRecord(Resealed(record_one.substr(0, size)), other).ok());
    }
  }
  SECTION("random bytes behind a good checksum do not crash") {
    std::mt19937_64 bits(3);
    for (int round = 0; round < 3'000; ++round) {
      std::string damaged = record_one;
      for (int i = 0; i < 3; ++i) {
        damaged[2 + bits() % (damaged.size() - 2 - kRecordChecksumBytes)] =
            static_cast<char>(bits());
      }
      Head other;
      (void)ReplayRecord(Resealed(damaged), other).ok();
    }
  }
  SECTION("a record out of its place") {
    Head other;
    CHECK_FALSE(ReplayRecord(record_two, other).ok());
    Head twice;
    REQUIRE(ReplayRecord(record_one, twice).ok());
    CHECK_FALSE(ReplayRecord(record_one, twice).ok());
  }
  SECTION("a newer version is named") {
    std::string newer = record_one;
    newer[0] = 9;
    Head other;
    const auto result = ReplayRecord(Resealed(newer), other);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == ErrorCode::kFailedPrecondition);
  }
}

}  // namespace
}  // namespace pugmark::engine
