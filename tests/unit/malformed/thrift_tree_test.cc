#include "tests/support/thrift_tree.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "tests/support/malformed_inputs.h"

namespace pugmark::testing {
namespace {

std::string ReadInput(const std::string& name) {
  std::ifstream file(std::string(PUGMARK_TESTDATA) + "/golden/inputs/" + name, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("thrift tree: a recorded message is written again byte for byte", "[support]") {
  const auto [protocol, name] = GENERATE(table<ThriftProtocol, std::string>({
      {ThriftProtocol::kCompact, "client-python-jaeger-client.bin"},
      {ThriftProtocol::kCompact, "client-ruby-jaeger-client-udp.bin"},
      {ThriftProtocol::kBinary, "thrift-odd.bin"},
      {ThriftProtocol::kBinary, "client-node-jaeger-client-udp.bin"},
  }));
  CAPTURE(name);
  const std::string bytes = ReadInput(name);
  const auto message = ParseThriftMessage(protocol, bytes);
  REQUIRE(message);
  CHECK(message->method == "emitBatch");
  CHECK(WriteThriftMessage(protocol, *message) == bytes);
}

TEST_CASE("thrift tree: each field is left out once, and nothing else changes", "[support]") {
  const auto message =
      ParseThriftMessage(ThriftProtocol::kCompact, ReadInput("client-ruby-jaeger-client-udp.bin"));
  REQUIRE(message);
  const auto variants = WithEachFieldLeftOut(*message);
  CHECK(variants.size() > 50);
  for (const ThriftMessage& variant : variants) {
    CHECK(WriteThriftMessage(ThriftProtocol::kCompact, variant).size() <
          WriteThriftMessage(ThriftProtocol::kCompact, *message).size());
  }
}

TEST_CASE("malformed inputs: repeatable, and of every kind", "[support]") {
  const auto inputs = MalformedInputs::FromTestdata(ThriftProtocol::kBinary, PUGMARK_TESTDATA);
  CHECK(inputs.left_out_count() > 100);
  std::size_t empty = 0;
  std::size_t oversized = 0;
  for (std::uint64_t n = 0; n < 10'000; ++n) {
    const std::string message = inputs.At(n);
    REQUIRE(message == inputs.At(n));
    empty += message.empty() ? 1 : 0;
    oversized += message.size() > 60'000 ? 1 : 0;
  }
  CHECK(empty > 100);
  CHECK(oversized > 5);
}

}  // namespace pugmark::testing
