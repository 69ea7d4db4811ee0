// The api_v2 decoder and encoder beside the generated classes: the same verdict and the same
// contents for valid and for damaged input. Differences on purpose: ids are checked (see
// api_v2_oracle.h), groups may be nested 32 deep, not 100, and a singular message that occurs
// twice is not merged: the last one counts.
#include "tests/support/api_v2_oracle.h"

#include <catch2/catch.hpp>

#include "common/base/hex.h"
#include "proto/codec/api_v2_decoder.h"
#include "proto/codec/api_v2_encoder.h"
#include "tests/support/mutation.h"
#include "tests/support/span_generator.h"
#include "tests/support/span_text.h"
#include "tests/support/testdata.h"

namespace pugmark::testing {
namespace {

std::vector<std::string> Messages() {
  std::vector<std::string> messages;
  for (const char* const name :
       {"golden/inputs/client-python-otel-jaeger-grpc.bin", "golden/inputs/grpc-all-types.bin",
        "golden/more/inputs/grpc-firehose.bin"}) {
    messages.push_back(ReadTestdata(name));
  }
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    Random random(seed);
    SpanBatch batch("");
    GenerateSpans(batch, SpanProfile::kApiV2, 1 + random.Below(3), random);
    messages.push_back(PostSpansWithOracle(batch));
  }
  return messages;
}

}  // namespace

TEST_CASE("api_v2 oracle: what generated classes write is decoded equal", "[codec][oracle]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    SpanBatch sent("");
    GenerateSpans(sent, SpanProfile::kApiV2, 1 + random.Below(10), random);
    SpanBatch batch(PostSpansWithOracle(sent));
    REQUIRE(DecodePostSpansRequest(batch).ok());
    REQUIRE(Describe(batch.spans()) == Describe(sent.spans()));
  }
}

TEST_CASE("api_v2 oracle: generated classes read what the encoder writes", "[codec][oracle]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    SpanBatch sent("");
    GenerateSpans(sent, SpanProfile::kApiV2, 1 + random.Below(10), random);
    std::string bytes;
    AppendPostSpansRequest(bytes, sent.resources()[0], sent.spans());
    const ProtoVerdict verdict = PostSpansByOracle(bytes);
    REQUIRE(verdict.accepted);
    REQUIRE(verdict.contents == Describe(sent.spans()));
  }
}

TEST_CASE("api_v2 oracle: mutated messages", "[codec][oracle]") {
  const auto messages = Messages();
  Random random(12);
  std::size_t accepted = 0;
  std::size_t repeated = 0;
  constexpr std::size_t kCount = 80'000;
  for (std::size_t n = 0; n < kCount; ++n) {
    const std::string bytes = Mutate(messages, random);
    SpanBatch batch(bytes);
    const DecodeStatus status = DecodePostSpansRequest(batch);
    const ProtoVerdict verdict = PostSpansByOracle(bytes);
    const bool same = status.ok() == verdict.accepted &&
                      (!status.ok() || Describe(batch.spans()) == verdict.contents);
    if (!same && !verdict.facts.repeats_singular) {
      CAPTURE(n, HexBytes(bytes), ToError(status).message);
      CHECK(status.ok() == verdict.accepted);
      REQUIRE(Describe(batch.spans()) == verdict.contents);
    }
    accepted += status.ok() ? 1 : 0;
    repeated += verdict.facts.repeats_singular ? 1 : 0;
  }
  CHECK(accepted > kCount / 100);
  CHECK(accepted < kCount * 3 / 4);
  CHECK(repeated < kCount / 3);  // or nothing was compared
}

}  // namespace pugmark::testing
