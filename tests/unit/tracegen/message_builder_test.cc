#include "deploy/tracegen/message_builder.h"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/model/span_batch.h"
#include "proto/codec/api_v2_decoder.h"
#include "proto/codec/thrift_batch.h"

namespace pugmark::tracegen {
namespace {

constexpr UnixTime kStart{std::chrono::seconds(1'700'000'000)};

DecodeStatus Decode(Protocol protocol, SpanBatch& batch) {
  switch (protocol) {
    case Protocol::kUdpCompact:
      return DecodeAgentMessage(ThriftProtocol::kCompact, batch);
    case Protocol::kUdpBinary:
      return DecodeAgentMessage(ThriftProtocol::kBinary, batch);
    case Protocol::kHttpThrift:
      return DecodeThriftBatch(ThriftProtocol::kBinary, batch);
    case Protocol::kGrpc:
      break;
  }
  return DecodePostSpansRequest(batch);
}

std::vector<Message> Build(Protocol protocol, std::size_t batch, std::size_t traces,
                           const TraceShape& shape) {
  const Topology topology(10, 8, 1);
  std::vector<Message> messages;
  MessageBuilder builder(topology, protocol, batch,
                         [&](Message&& message) { messages.push_back(std::move(message)); });
  TraceGenerator generator(topology, shape, 1);
  for (std::uint64_t number = 0; number < traces; ++number) {
    generator.Generate(number, kStart, builder);
  }
  builder.Flush();
  return messages;
}

}  // namespace

TEST_CASE("messages: every span arrives once, in batches of its service", "[tracegen]") {
  const Protocol protocol =
      GENERATE(Protocol::kUdpCompact, Protocol::kUdpBinary, Protocol::kHttpThrift, Protocol::kGrpc);
  CAPTURE(static_cast<int>(protocol));
  constexpr std::size_t kTraces = 100;
  constexpr std::size_t kBatch = 20;
  const TraceShape shape;
  std::map<std::string, std::size_t> spans_of_trace;
  for (Message& message : Build(protocol, kBatch, kTraces, shape)) {
    const std::size_t spans = message.traces.size();
    CHECK(spans <= kBatch);
    SpanBatch batch(std::move(message.bytes));
    const DecodeStatus status = Decode(protocol, batch);
    REQUIRE(status.ok());
    REQUIRE(batch.spans().size() == spans);
    for (std::size_t i = 0; i < spans; ++i) {
      const Span& span = batch.spans()[i];
      CHECK(span.trace_id == TraceGenerator::IdOf(1, message.traces[i]));
      CHECK(span.resource->service_name == batch.spans()[0].resource->service_name);
      CHECK(span.attributes.size() == shape.attributes);
      ++spans_of_trace[span.trace_id.ToText()];
    }
  }
  CHECK(spans_of_trace.size() == kTraces);
  for (const auto& [id, spans] : spans_of_trace) {
    CAPTURE(id);
    CHECK(spans == shape.spans);
  }
}

TEST_CASE("messages: two runs give the same bytes", "[tracegen]") {
  const auto first = Build(Protocol::kGrpc, 50, 50, {});
  const auto second = Build(Protocol::kGrpc, 50, 50, {});
  REQUIRE(first.size() == second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(first[i].bytes == second[i].bytes);
  }
}

TEST_CASE("messages: a datagram stays within the agent's limit", "[tracegen]") {
  std::size_t spans = 0;
  for (const Message& message :
       Build(Protocol::kUdpBinary, 5'000, 500, {.spans = 40, .depth = 6, .attributes = 40})) {
    CHECK(message.bytes.size() <= 65'000);
    spans += message.traces.size();
  }
  CHECK(spans == 500 * 40);
}

}  // namespace pugmark::tracegen
