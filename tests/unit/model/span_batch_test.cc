#include "common/model/span_batch.h"

#include <catch2/catch.hpp>

#include "tests/support/span_generator.h"
#include "tests/support/span_text.h"

namespace pugmark::testing {
namespace {

// Fills spans of a source batch, copies them, and frees the source: what is left is the copy's own.
std::string DescribeCopyAfterSourceIsGone(SpanProfile profile, Arena& arena,
                                          std::string& original) {
  std::span<Span> copies;
  {
    Random random(4);
    auto source = std::make_unique<SpanBatch>(std::string(1000, 'x'));
    GenerateSpans(*source, profile, 30, random);
    source->spans()[0].name = source->payload().substr(0, 50);
    original = Describe(source->spans());
    copies = CopySpans(arena, source->spans());
  }
  return Describe(copies);
}

class CountingCharge : public ByteCharge {
 public:
  explicit CountingCharge(int& released) : released_(released) {}
  ~CountingCharge() override { ++released_; }

 private:
  int& released_;
};

}  // namespace

TEST_CASE("span batch: a copy lives on without its source", "[model]") {
  for (const SpanProfile profile :
       {SpanProfile::kThrift, SpanProfile::kApiV2, SpanProfile::kOtlp}) {
    Arena arena(std::size_t{64} << 20);
    std::string original;
    const std::string copy = DescribeCopyAfterSourceIsGone(profile, arena, original);
    CHECK(copy == original);
  }
}

TEST_CASE("span batch: copies share what their sources share", "[model]") {
  Random random(5);
  SpanBatch batch("");
  GenerateSpans(batch, SpanProfile::kThrift, 10, random);
  Arena arena(std::size_t{64} << 20);
  const std::span<Span> copies = CopySpans(arena, batch.spans());
  for (const Span& copy : copies) {
    CHECK(copy.resource == copies[0].resource);
    CHECK(copy.resource != batch.spans()[0].resource);
  }
  SECTION("also where spans of different ones alternate") {
    SpanBatch other("");
    GenerateSpans(other, SpanProfile::kThrift, 2, random);
    for (std::size_t i = 0; i < 10; i += 2) {
      batch.spans()[i].resource = other.resources().data();
    }
    const std::span<Span> alternating = CopySpans(arena, batch.spans());
    CHECK(alternating[0].resource == alternating[8].resource);
    CHECK(alternating[1].resource == alternating[9].resource);
    CHECK(alternating[0].resource != alternating[1].resource);
  }
}

TEST_CASE("span batch: a copy that does not fit is no copy", "[model]") {
  Random random(6);
  SpanBatch batch("");
  GenerateSpans(batch, SpanProfile::kOtlp, 20, random);
  std::size_t limit = 1;
  for (; limit < 1'000'000; limit += limit / 3 + 1) {
    Arena arena(limit);
    const std::span<Span> copies = CopySpans(arena, batch.spans());
    CHECK(arena.bytes_reserved() <= limit);
    if (!copies.empty()) {
      CHECK(Describe(copies) == Describe(batch.spans()));
      break;
    }
    CHECK(arena.exhausted());
  }
  CHECK(limit < 1'000'000);
}

TEST_CASE("span batch: no spans", "[model]") {
  Arena arena(1000);
  CHECK(CopySpans(arena, {}).empty());
}

TEST_CASE("span batch: bytes held are the payload and the arena", "[model]") {
  std::string payload(10'000, 'x');
  const std::size_t capacity = payload.capacity();
  SpanBatch batch(std::move(payload));
  CHECK(batch.bytes_held() == capacity);
  CHECK(batch.payload().size() == 10'000);
  const std::string_view text = batch.Intern("text");
  CHECK(text == "text");
  CHECK(batch.bytes_held() == capacity + Arena::kFirstChunkBytes);
}

TEST_CASE("span batch: the arena has the batch's limit", "[model]") {
  BatchLimits limits;
  limits.max_arena_bytes = 100;
  SpanBatch batch("", limits);
  CHECK(batch.Intern(std::string(200, 'x')).empty());
  CHECK(batch.arena().exhausted());
}

TEST_CASE("span batch: the charge is released with the batch, once", "[model]") {
  int released = 0;
  {
    SpanBatch batch("");
    batch.HoldCharge(std::make_unique<CountingCharge>(released));
    CHECK(released == 0);
  }
  CHECK(released == 1);
}

TEST_CASE("span batch: filters keep the front", "[model]") {
  Random random(7);
  SpanBatch batch("");
  GenerateSpans(batch, SpanProfile::kThrift, 5, random);
  const SpanId second = batch.spans()[1].span_id;
  batch.spans()[0] = batch.spans()[1];
  batch.Truncate(1);
  REQUIRE(batch.spans().size() == 1);
  CHECK(batch.spans()[0].span_id == second);
}

TEST_CASE("span batch: attributes and warnings are appended in the arena", "[model]") {
  Arena arena(1000);
  std::span<Attribute> attributes;
  AppendAttribute(arena, attributes, {"a", Value::Int(1)});
  AppendAttribute(arena, attributes, {"b", Value::Int(2)});
  REQUIRE(attributes.size() == 2);
  CHECK(attributes[0].key == "a");
  CHECK(attributes[1].value.integer() == 2);
  std::span<std::string_view> warnings;
  AppendWarning(arena, warnings, "w");
  CHECK(warnings.size() == 1);
  SECTION("unchanged when the arena is full") {
    while (arena.Allocate<char>(1) != nullptr) {
    }
    AppendAttribute(arena, attributes, {"c", Value::Int(3)});
    CHECK(attributes.size() == 2);
  }
}

}  // namespace pugmark::testing
