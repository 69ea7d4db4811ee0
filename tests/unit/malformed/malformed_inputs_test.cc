// The inputs that the integration test sends to the agent's ports, here straight into the decoders:
// built with the sanitizers, this shows that none of them reads or writes outside its bytes.
#include "tests/support/malformed_inputs.h"

#include <catch2/catch.hpp>

#include "proto/codec/thrift_batch.h"

namespace pugmark::testing {

TEST_CASE("malformed messages: a million never crash the decoders", "[codec][malformed]") {
  const auto protocol = GENERATE(ThriftProtocol::kCompact, ThriftProtocol::kBinary);
  CAPTURE(static_cast<int>(protocol));
  const auto inputs = MalformedInputs::FromTestdata(protocol, PUGMARK_TESTDATA);
  constexpr std::uint64_t kCount = 500'000;
  std::uint64_t taken = 0;
  for (std::uint64_t n = 0; n < kCount; ++n) {
    SpanBatch batch(inputs.At(n));
    const DecodeStatus status = DecodeAgentMessage(protocol, batch);
    if (status.ok()) {
      ++taken;
    } else if (status.position > batch.payload().size()) {
      FAIL("input " << n << ": error position " << status.position << " of "
                    << batch.payload().size());
    }
  }
  // Some changes only touch texts and numbers; were all refused, the decoder would refuse valid
  // messages too.
  CHECK(taken > kCount / 100);
  CHECK(taken < kCount / 2);
}

TEST_CASE("malformed bodies: the same bytes as a bare batch never crash", "[codec][malformed]") {
  const auto inputs = MalformedInputs::FromTestdata(ThriftProtocol::kBinary, PUGMARK_TESTDATA);
  constexpr std::size_t kEnvelope =
      4 + 4 + 9 + 4 + 3;  // what precedes the batch in a binary message
  for (std::uint64_t n = 0; n < 100'000; ++n) {
    std::string message = inputs.At(n);
    SpanBatch batch(message.substr(std::min(kEnvelope, message.size())));
    const DecodeStatus status = DecodeThriftBatch(ThriftProtocol::kBinary, batch);
    if (!status.ok() && status.position > batch.payload().size()) {
      FAIL("input " << n);
    }
  }
}

}  // namespace pugmark::testing
