// Decoding must not allocate per span: once warm, 512 spans cost exactly as many heap allocations
// as 256.
#include <catch2/catch.hpp>

#include "proto/codec/api_v2_decoder.h"
#include "proto/codec/api_v2_encoder.h"
#include "proto/codec/thrift_batch.h"
#include "proto/codec/thrift_encoder.h"
#include "tests/support/allocation_count.h"
#include "tests/support/span_generator.h"

namespace pugmark::testing {
namespace {

constexpr std::size_t kLargestAllocationsPerBatch = 8;

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

// `encode(batch)` gives the bytes of generated spans.
template <typename Encode, typename Decode>
void CheckNonePerSpan(SpanProfile profile, const Encode& encode, const Decode& decode) {
  Random random(1);
  SpanBatch more("");
  GenerateSpans(more, profile, 512, random);
  const std::string bytes512 = encode(more, more.spans());
  const std::string bytes256 = encode(more, more.spans().first(256));
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(Allocations(bytes512, decode));
  }
  const std::uint64_t of_512 = Allocations(bytes512, decode);
  CHECK(of_512 == Allocations(bytes256, decode));
  CHECK(of_512 <= kLargestAllocationsPerBatch);
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

}  // namespace pugmark::testing
