// The OTLP decoder beside the generated classes: the same verdict and the same contents for valid
// and for damaged input. Differences on purpose: invalid UTF-8 is repaired, values may be nested 32
// deep and groups 32, not 100, and a singular message that occurs twice is not merged: the last one
// counts.
#include "tests/support/otlp_oracle.h"

#include <catch2/catch.hpp>

#include "common/base/hex.h"
#include "proto/codec/otlp_decoder.h"
#include "tests/support/mutation.h"
#include "tests/support/span_generator.h"
#include "tests/support/span_text.h"
#include "tests/support/testdata.h"

namespace pugmark::testing {
namespace {

std::vector<std::string> Messages() {
  std::vector<std::string> messages;
  for (const char* const name :
       {"golden/inputs/client-node-otel-otlp-proto.bin",
        "golden/inputs/client-python-otel-otlp-http.bin", "golden/inputs/otlp-chain.bin",
        "golden/more/inputs/otlp-links.bin", "golden/more/inputs/otlp-not-a-number.bin",
        "golden/more/inputs/otlp-tags-that-mean-something.bin"}) {
    messages.push_back(ReadTestdata(name));
  }
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    Random random(seed);
    SpanBatch batch("");
    GenerateSpans(batch, SpanProfile::kOtlp, 1 + random.Below(3), random);
    messages.push_back(OtlpWithOracle(batch));
  }
  return messages;
}

}  // namespace

TEST_CASE("otlp oracle: what generated classes write is decoded equal", "[codec][oracle]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    SpanBatch sent("");
    GenerateSpans(sent, SpanProfile::kOtlp, 1 + random.Below(10), random);
    SpanBatch batch(OtlpWithOracle(sent));
    REQUIRE(DecodeOtlp(batch).ok());
    REQUIRE(Describe(batch.spans()) == Describe(sent.spans()));
  }
}

TEST_CASE("otlp oracle: mutated messages", "[codec][oracle]") {
  const auto messages = Messages();
  Random random(13);
  std::size_t accepted = 0;
  std::size_t incomparable = 0;
  constexpr std::size_t kCount = 80'000;
  for (std::size_t n = 0; n < kCount; ++n) {
    const std::string bytes = Mutate(messages, random);
    SpanBatch batch(bytes);
    const DecodeStatus status = DecodeOtlp(batch);
    const ProtoVerdict verdict = OtlpByOracle(bytes);
    const bool same = status.ok() == verdict.accepted &&
                      (!status.ok() || Describe(batch.spans()) == verdict.contents);
    const bool comparable = !verdict.facts.repeats_singular && !verdict.facts.bad_utf8;
    if (!same && comparable) {
      CAPTURE(n, HexBytes(bytes), ToError(status).message);
      CHECK(status.ok() == verdict.accepted);
      REQUIRE(Describe(batch.spans()) == verdict.contents);
    }
    accepted += status.ok() ? 1 : 0;
    incomparable += comparable ? 0 : 1;
  }
  CHECK(accepted > kCount / 100);
  CHECK(accepted < kCount * 3 / 4);
  CHECK(incomparable < kCount / 2);
}

}  // namespace pugmark::testing
