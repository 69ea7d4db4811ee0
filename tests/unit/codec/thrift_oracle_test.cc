// The Thrift decoder beside the generated classes: the same verdict and the same contents for valid
// and for damaged input. The rules that differ on purpose stand in thrift_oracle.h.
#include "tests/support/thrift_oracle.h"

#include <catch2/catch.hpp>

#include "proto/codec/thrift_encoder.h"
#include "tests/support/mutation.h"
#include "tests/support/span_generator.h"
#include "tests/support/testdata.h"

namespace pugmark::testing {
namespace {

std::vector<std::string> Messages(ThriftProtocol protocol) {
  const std::vector<std::string> names =
      protocol == ThriftProtocol::kCompact
          ? std::vector<std::string>{"client-python-jaeger-client", "client-ruby-jaeger-client-udp",
                                     "client-python-otel-jaeger-udp", "thrift-flags"}
          : std::vector<std::string>{"client-node-jaeger-client-udp", "client-node-otel-jaeger"};
  std::vector<std::string> messages;
  for (const std::string& name : names) {
    messages.push_back(ReadTestdata("golden/inputs/" + name + ".bin"));
  }
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    Random random(seed);
    SpanBatch batch("");
    GenerateSpans(batch, SpanProfile::kThrift, 1 + random.Below(3), random);
    messages.push_back(EncodeAgentMessage(protocol, batch.resources()[0], batch.spans()));
  }
  return messages;
}

void CompareMessage(ThriftProtocol protocol, const std::string& bytes, std::size_t& accepted) {
  SpanBatch batch(bytes);
  ThriftBatchInfo info;
  const DecodeStatus status = DecodeAgentMessage(protocol, batch, &info);
  const OracleVerdict verdict = AgentMessageByOracle(protocol, bytes);
  if (status.ok() != verdict.accepted ||
      (status.ok() && DescribeBatch(batch, info) != verdict.contents)) {
    CAPTURE(HexBytes(bytes), ToError(status).message, verdict.reason);
    CHECK(status.ok() == verdict.accepted);
    REQUIRE(DescribeBatch(batch, info) == verdict.contents);
  }
  accepted += status.ok() ? 1 : 0;
}

}  // namespace

TEST_CASE("thrift oracle: valid messages", "[codec][thrift][oracle]") {
  for (const ThriftProtocol protocol : {ThriftProtocol::kCompact, ThriftProtocol::kBinary}) {
    const auto messages = Messages(protocol);
    std::size_t accepted = 0;
    for (const std::string& message : messages) {
      CompareMessage(protocol, message, accepted);
    }
    CHECK(accepted == messages.size());
  }
}

TEST_CASE("thrift oracle: mutated messages", "[codec][thrift][oracle]") {
  constexpr std::size_t kCount = 40'000;
  for (const ThriftProtocol protocol : {ThriftProtocol::kCompact, ThriftProtocol::kBinary}) {
    const auto messages = Messages(protocol);
    Random random(11);
    std::size_t accepted = 0;
    for (std::size_t n = 0; n < kCount; ++n) {
      CompareMessage(protocol, Mutate(messages, random), accepted);
    }
    CHECK(accepted > kCount / 100);  // some changes touch nothing but texts and numbers
    CHECK(accepted < kCount * 3 / 4);
  }
}

TEST_CASE("thrift oracle: bare batches", "[codec][thrift][oracle]") {
  const std::string bytes = ReadTestdata("golden/inputs/thrift-all-types.bin");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    SpanBatch batch(bytes.substr(0, cut));
    ThriftBatchInfo info;
    const bool ok = DecodeThriftBatch(ThriftProtocol::kBinary, batch, &info).ok();
    const OracleVerdict verdict =
        ThriftBatchByOracle(ThriftProtocol::kBinary, bytes.substr(0, cut));
    REQUIRE(ok == verdict.accepted);
    REQUIRE((!ok || DescribeBatch(batch, info) == verdict.contents));
  }
}

}  // namespace pugmark::testing
