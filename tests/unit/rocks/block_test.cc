// The block format: what goes in comes out, and nothing else does any harm.
#include "storage/rocks/block.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "storage/rocks/block_encoder.h"
#include "storage/rocks/span_decoder.h"
#include "tests/support/random_spans.h"
#include "tests/support/span_builder.h"

namespace pugmark::rocks {
namespace {

using testing::kTestTime;
using testing::MakeBatch;
using testing::RandomSpans;
using testing::TestSpan;
using testing::TestValue;

constexpr std::size_t kArenaBytes = std::size_t{64} << 20;

std::string Encode(const SpanBatch& batch) {
  BlockEncoder encoder;
  encoder.Start();
  for (const Span& span : batch.spans()) {
    REQUIRE(encoder.Add(span));
  }
  return std::string(encoder.Finish());
}

std::vector<TestSpan> SomeSpans(std::uint64_t seed, std::size_t count) {
  RandomSpans random(seed);
  std::vector<TestSpan> spans;
  for (std::size_t i = 0; i < count; ++i) {
    spans.push_back(random.Next(3, std::chrono::minutes(5)));
  }
  return spans;
}

void CheckSame(const SpanBatch& batch, const std::string& encoded, SpanDecoder::Texts texts) {
  Block block;
  REQUIRE(block.Load(encoded));
  REQUIRE(block.span_count() == batch.spans().size());
  Arena arena(kArenaBytes);
  SpanDecoder decoder(block, arena, texts);
  for (std::size_t i = 0; i < block.span_count(); ++i) {
    CAPTURE(i);
    const Span& sent = batch.spans()[i];
    Span span;
    REQUIRE(decoder.Decode(block.span(i), span));
    CHECK(SameSpan(span, sent));
    CHECK(HashSpan(span) == HashSpan(sent));
    CHECK(span.resource->has_service_name == sent.resource->has_service_name);
    CHECK(block.span(i).name() == sent.name);
    CHECK(block.ServiceName(block.span(i)) == sent.resource->service_name);
  }
}

// Looks at all there is in bytes that may be anything; the sanitizers judge.
bool ReadAnything(const std::string& bytes) {
  Block block;
  if (!block.Load(bytes)) {
    CHECK(block.span_count() == 0);
    return false;
  }
  bool ok = true;
  Arena arena(std::size_t{8} << 20);
  SpanDecoder decoder(block, arena, SpanDecoder::Texts::kInArena);
  for (std::size_t i = 0; i < block.span_count(); ++i) {
    const SpanRecord record = block.span(i);
    Span span;
    ok = decoder.Decode(record, span).ok() && ok;
    (void)record.name();
    (void)block.ServiceName(record);
    (void)block.Hash(record);
  }
  return ok;
}

TEST_CASE("block: every field of every span comes back", "[rocks][block]") {
  const std::size_t count = GENERATE(1, 2, 100);
  const auto seed = GENERATE(range(0, 20));
  CAPTURE(count, seed);
  const auto batch = MakeBatch(SomeSpans(static_cast<std::uint64_t>(seed), count));
  const std::string encoded = Encode(*batch);
  CheckSame(*batch, encoded, SpanDecoder::Texts::kInBlock);
  CheckSame(*batch, encoded, SpanDecoder::Texts::kInArena);
}

TEST_CASE("block: extreme values come back", "[rocks][block]") {
  TestSpan span;
  span.trace_id = {~std::uint64_t{0}, ~std::uint64_t{0}};
  span.span_id = ~std::uint64_t{0};
  span.start_time = kMinTime;
  span.duration = Nanoseconds::min();
  span.flags = span.dropped_events = span.dropped_links = span.dropped_attributes = ~0U;
  span.name = std::string("nul \0 and \xff bytes", 17);
  span.attributes = {{"", TestValue()},
                     {"empty", TestValue::Array({})},
                     {"nothing", TestValue::Map({})},
                     {"min", std::numeric_limits<std::int64_t>::min()},
                     {"nan", std::numeric_limits<double>::quiet_NaN()},
                     {"minus zero", -0.0},
                     {"large", std::string(100'000, 'x')}};
  const auto batch = MakeBatch({span});
  CheckSame(*batch, Encode(*batch), SpanDecoder::Texts::kInArena);
}

TEST_CASE("block: values nested to the limit come back", "[rocks][block]") {
  TestValue value = "bottom";
  for (int depth = 0; depth < 64; ++depth) {
    value = depth % 2 == 0 ? TestValue::Array({value}) : TestValue::Map({{"k", value}});
  }
  const auto batch = MakeBatch({{.attributes = {{"deep", value}}}});
  CheckSame(*batch, Encode(*batch), SpanDecoder::Texts::kInArena);
}

TEST_CASE("block: values nested deeper than any decoder allows are cut, not refused",
          "[rocks][block]") {
  TestValue value = "bottom";
  for (int depth = 0; depth < 1000; ++depth) {
    value = TestValue::Array({value});
  }
  const auto batch = MakeBatch({{.attributes = {{"deep", value}}}});
  CHECK(ReadAnything(Encode(*batch)));
}

TEST_CASE("block: spans without resource or scope come back", "[rocks][block]") {
  const auto batch = MakeBatch({TestSpan{}});
  batch->spans()[0].resource = nullptr;
  batch->spans()[0].scope = nullptr;
  Block block;
  REQUIRE(block.Load(Encode(*batch)));
  Arena arena(kArenaBytes);
  SpanDecoder decoder(block, arena, SpanDecoder::Texts::kInBlock);
  Span span;
  REQUIRE(decoder.Decode(block.span(0), span));
  CHECK(span.resource == nullptr);
  CHECK(span.scope == nullptr);
  CHECK(block.ServiceName(block.span(0)).empty());
}

TEST_CASE("block: shared resources stay shared", "[rocks][block]") {
  const auto batch = MakeBatch({TestSpan{.span_id = 1}, TestSpan{.span_id = 2}});
  REQUIRE(batch->spans()[0].resource == batch->spans()[1].resource);
  Block block;
  REQUIRE(block.Load(Encode(*batch)));
  CHECK(block.resource_count() == 1);
  Arena arena(kArenaBytes);
  SpanDecoder decoder(block, arena, SpanDecoder::Texts::kInArena);
  Span first;
  Span second;
  REQUIRE(decoder.Decode(block.span(0), first));
  REQUIRE(decoder.Decode(block.span(1), second));
  CHECK(first.resource == second.resource);
}

TEST_CASE("block: spans copied into the arena outlive the block", "[rocks][block]") {
  const auto batch = MakeBatch(SomeSpans(7, 20));
  Arena arena(kArenaBytes);
  std::vector<Span> spans(20);
  {
    Block block;
    REQUIRE(block.Load(Encode(*batch)));
    SpanDecoder decoder(block, arena, SpanDecoder::Texts::kInArena);
    for (std::size_t i = 0; i < spans.size(); ++i) {
      REQUIRE(decoder.Decode(block.span(i), spans[i]));
    }
  }
  for (std::size_t i = 0; i < spans.size(); ++i) {
    CHECK(SameSpan(spans[i], batch->spans()[i]));
  }
}

TEST_CASE("block: the same spans give the same bytes", "[rocks][block]") {
  const auto batch = MakeBatch(SomeSpans(3, 50));
  CHECK(Encode(*batch) == Encode(*MakeBatch(SomeSpans(3, 50))));
}

TEST_CASE("block: equal spans have equal hashes, whatever block they lie in", "[rocks][block]") {
  const auto spans = SomeSpans(5, 40);
  const auto batch = MakeBatch(spans);
  Block together;
  REQUIRE(together.Load(Encode(*batch)));
  for (std::size_t i = 0; i < spans.size(); ++i) {
    CAPTURE(i);
    Block alone;
    REQUIRE(alone.Load(Encode(*MakeBatch({spans[i]}))));
    const ContentHash hash = alone.Hash(alone.span(0));
    for (std::size_t other = 0; other < spans.size(); ++other) {
      const bool is_same = SameSpan(batch->spans()[i], batch->spans()[other]);
      CHECK((together.Hash(together.span(other)) == hash) == is_same);
    }
  }
}

TEST_CASE("block: each difference gives another hash", "[rocks][block]") {
  const auto hash_of = [](const TestSpan& span) {
    Block block;
    REQUIRE(block.Load(Encode(*MakeBatch({span}))));
    return block.Hash(block.span(0));
  };
  const TestSpan span;
  TestSpan other = span;
  SECTION("trace") { other.trace_id.high = 1; }
  SECTION("parent") { other.parent_span_id = 3; }
  SECTION("flags") { other.flags = 1; }
  SECTION("status message") { other.status_message = "x"; }
  SECTION("warning") { other.warnings = {"w"}; }
  SECTION("service") { other.resource.service_name = "other"; }
  SECTION("resource attribute") { other.resource.attributes = {{"a", 1}}; }
  SECTION("scope") { other.scope = testing::TestScope{.name = "x"}; }
  SECTION("format") { other.format = SourceFormat::kJaeger; }
  CHECK_FALSE(hash_of(span) == hash_of(other));

  // The one difference that SameSpan does not see.
  TestSpan unnamed = span;
  unnamed.resource.has_service_name = false;
  CHECK(hash_of(span) == hash_of(unnamed));
}

TEST_CASE("block: every truncation fails cleanly", "[rocks][block]") {
  const std::size_t count = GENERATE(1, 30);
  const std::string whole = Encode(*MakeBatch(SomeSpans(11, count)));
  REQUIRE(ReadAnything(whole));
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    CHECK_FALSE(ReadAnything(whole.substr(0, cut)));
  }
}

TEST_CASE("block: random mutations do no harm", "[rocks][block]") {
  std::mt19937_64 random(42);
  // One span is stored as it is; more are compressed, so that changes hit the frame.
  for (const std::size_t count : {std::size_t{1}, std::size_t{20}}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const std::string whole = Encode(*MakeBatch(SomeSpans(seed, count)));
      for (int round = 0; round < 300; ++round) {
        std::string bytes = whole;
        for (auto changes = 1 + random() % 4; changes != 0; --changes) {
          bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        (void)ReadAnything(bytes);
      }
    }
  }
}

TEST_CASE("block: lengths and counts that lie are errors", "[rocks][block]") {
  const std::string whole = Encode(*MakeBatch({TestSpan{}}));
  REQUIRE(ReadAnything(whole));
  for (std::size_t at = 0; at + 4 <= whole.size(); ++at) {
    CAPTURE(at);
    std::string bytes = whole;
    bytes.replace(at, 4, "\xff\xff\xff\x7f");
    (void)ReadAnything(bytes);  // most fail; none may read outside
    if (at >= 2 && at + 4 <= kBlockHeaderBytes) {
      CHECK_FALSE(ReadAnything(bytes));
    }
  }
}

TEST_CASE("block: another version and unknown compression are named", "[rocks][block]") {
  std::string bytes = Encode(*MakeBatch({TestSpan{}}));
  Block block;
  SECTION("version") {
    bytes[0] = 9;
    const Status loaded = block.Load(bytes);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == ErrorCode::kDataLoss);
    CHECK_THAT(loaded.error().message, Catch::Contains("version 1, got 9"));
  }
  SECTION("compression") {
    bytes[1] = 7;
    const Status loaded = block.Load(bytes);
    REQUIRE_FALSE(loaded);
    CHECK_THAT(loaded.error().message, Catch::Contains("compression"));
  }
}

TEST_CASE("block: a full arena is told from damage", "[rocks][block]") {
  const auto batch = MakeBatch({TestSpan{.attributes = {{"k", std::string(200'000, 'x')}}}});
  Block block;
  REQUIRE(block.Load(Encode(*batch)));
  Arena arena(100'000);
  SpanDecoder decoder(block, arena, SpanDecoder::Texts::kInArena);
  Span span;
  const Status decoded = decoder.Decode(block.span(0), span);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace pugmark::rocks
