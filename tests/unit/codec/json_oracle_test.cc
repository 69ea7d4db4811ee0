// The JSON decoders beside straightforward translations of a parsed document tree: the same verdict
// and the same contents for valid and for damaged input. What differs on purpose stands in
// json_oracle.h.
#include "tests/support/json_oracle.h"

#include <catch2/catch.hpp>

#include "proto/codec/otlp_json_decoder.h"
#include "proto/codec/otlp_json_writer.h"
#include "tests/support/mutation.h"
#include "tests/support/span_generator.h"
#include "tests/support/span_text.h"
#include "tests/support/testdata.h"

namespace pugmark::testing {
namespace {

std::vector<std::string> OtlpMessages() {
  std::vector<std::string> messages{ReadTestdata("golden/inputs/client-node-otel-otlp-json.bin"),
                                    ReadTestdata("golden/inputs/otlp-all-types.bin"),
                                    ReadTestdata("golden/inputs/bad-otlp-bad-id.bin")};
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    Random random(seed);
    SpanBatch batch("");
    GenerateSpans(batch, SpanProfile::kOtlp, 1 + random.Below(3), random);
    messages.emplace_back();
    OtlpJsonWriter writer(messages.back());
    writer.Begin();
    writer.AddSpans(batch.spans());
    writer.End();
  }
  return messages;
}

template <typename Decode, typename Oracle>
void Compare(const std::vector<std::string>& messages, std::size_t count, const Decode& decode,
             const Oracle& oracle) {
  Random random(14);
  std::size_t accepted = 0;
  std::size_t incomparable = 0;
  for (std::size_t n = 0; n < messages.size() + count; ++n) {
    const std::string text = n < messages.size() ? messages[n] : Mutate(messages, random);
    SpanBatch batch(text);
    const DecodeStatus status = decode(batch);
    const JsonVerdict verdict = oracle(text);
    const bool same = status.ok() == verdict.accepted &&
                      (!status.ok() || Describe(batch.spans()) == verdict.contents);
    if (!same && !verdict.incomparable) {
      CAPTURE(n, text, ToError(status).message);
      CHECK(status.ok() == verdict.accepted);
      REQUIRE(Describe(batch.spans()) == verdict.contents);
    }
    accepted += status.ok() ? 1 : 0;
    incomparable += verdict.incomparable ? 1 : 0;
  }
  CHECK(accepted > count / 20);
  CHECK(accepted < count * 3 / 4);
  CHECK(incomparable < count * 2 / 3);
}

}  // namespace

TEST_CASE("json oracle: OTLP", "[codec][oracle]") {
  Compare(OtlpMessages(), 30'000, DecodeOtlpJson, OtlpJsonByOracle);
}

}  // namespace pugmark::testing
