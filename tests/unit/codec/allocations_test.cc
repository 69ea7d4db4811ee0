// Decoding must not allocate per span: once warm, 512 spans cost exactly as many heap allocations
// as 256.
#include <catch2/catch.hpp>

#include "proto/codec/api_v2_decoder.h"
#include "proto/codec/api_v2_encoder.h"
#include "proto/codec/otlp_decoder.h"
#include "proto/codec/otlp_json_decoder.h"
#include "proto/codec/otlp_json_writer.h"
#include "proto/codec/thrift_batch.h"
#include "proto/codec/thrift_encoder.h"
#include "tests/support/allocation_count.h"
#include "tests/support/otlp_oracle.h"
#include "tests/support/span_generator.h"

namespace pugmark::testing {
namespace {

constexpr std::size_t kMostAllocationsPerBatch = 8;

// How often one decoding of `bytes` allocates, apart from the copy of the bytes themselves.
template <typename Decode>
std::uint64_t Allocations(const std::string& bytes, const Decode& decode) {
  std::string copy = bytes;
  const std::uint64_t before = AllocationCount();
  {
    SpanBatch batch(std::move(copy));
    if (!decode(batch).ok()) {
      return ~std::uint64_t{0};
    }
  }
  return AllocationCount() - before;
}

template <typename Decode>
void CheckNonePerSpan(const std::string& bytes512, const std::string& bytes256,
                      const Decode& decode) {
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(Allocations(bytes512, decode));
  }
  const std::uint64_t of_512 = Allocations(bytes512, decode);
  CHECK(of_512 == Allocations(bytes256, decode));
  CHECK(of_512 <= kMostAllocationsPerBatch);
}

// `encode(batch, spans)` gives the bytes of generated spans.
template <typename Encode, typename Decode>
void CheckNonePerSpan(SpanProfile profile, const Encode& encode, const Decode& decode) {
  Random random(1);
  SpanBatch batch("");
  GenerateSpans(batch, profile, 512, random);
  CheckNonePerSpan(encode(batch, batch.spans()), encode(batch, batch.spans().first(256)), decode);
}

}  // namespace

TEST_CASE("allocations: the counter counts", "[codec][allocations]") {
  const std::uint64_t before = AllocationCount();
  const auto text = std::make_unique<std::string>(1000, 'x');
  CHECK(AllocationCount() >= before + 2);
}

TEST_CASE("allocations: Thrift", "[codec][allocations]") {
  for (const ThriftProtocol protocol : {ThriftProtocol::kCompact, ThriftProtocol::kBinary}) {
    CheckNonePerSpan(
        SpanProfile::kThrift,
        [&](SpanBatch& batch, std::span<const Span> spans) {
          return EncodeAgentMessage(protocol, batch.resources()[0], spans);
        },
        [&](SpanBatch& batch) { return DecodeAgentMessage(protocol, batch); });
  }
}

TEST_CASE("allocations: api_v2", "[codec][allocations]") {
  CheckNonePerSpan(
      SpanProfile::kApiV2,
      [](SpanBatch& batch, std::span<const Span> spans) {
        std::string bytes;
        AppendPostSpansRequest(bytes, batch.resources()[0], spans);
        return bytes;
      },
      DecodePostSpansRequest);
}

TEST_CASE("allocations: OTLP", "[codec][allocations]") {
  // Another batch for each count: encoding starts from all spans of a batch.
  const auto bytes = [](std::size_t count) {
    Random random(2);
    SpanBatch batch("");
    GenerateSpans(batch, SpanProfile::kOtlp, count, random);
    return OtlpWithOracle(batch);
  };
  CheckNonePerSpan(bytes(512), bytes(256), DecodeOtlp);
}

TEST_CASE("allocations: OTLP/JSON", "[codec][allocations]") {
  CheckNonePerSpan(
      SpanProfile::kOtlp,
      [](SpanBatch&, std::span<const Span> spans) {
        std::string text;
        OtlpJsonWriter writer(text);
        writer.Begin();
        writer.AddSpans(spans);
        writer.End();
        return text;
      },
      DecodeOtlpJson);
}

}  // namespace pugmark::testing
