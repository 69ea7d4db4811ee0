#include "deploy/tracegen/message_builder.h"

#include <utility>

#include "proto/codec/api_v2_encoder.h"
#include "proto/codec/thrift_encoder.h"

namespace pugmark::tracegen {
namespace {

constexpr std::size_t kMaxDatagramBytes = 65'000;
constexpr std::size_t kArenaBytes = std::size_t{256} << 20;

bool IsUdp(Protocol protocol) {
  return protocol == Protocol::kUdpCompact || protocol == Protocol::kUdpBinary;
}

std::string EncodeMessage(Protocol protocol, const Resource& resource, std::span<const Span> spans,
                          std::int32_t sequence) {
  switch (protocol) {
    case Protocol::kUdpCompact:
      return EncodeAgentMessage(ThriftProtocol::kCompact, resource, spans, sequence);
    case Protocol::kUdpBinary:
      return EncodeAgentMessage(ThriftProtocol::kBinary, resource, spans, sequence);
    case Protocol::kHttpThrift:
      return EncodeThriftBatch(ThriftProtocol::kBinary, resource, spans);
    case Protocol::kGrpc:
      break;
  }
  std::string message;
  AppendPostSpansRequest(message, resource, spans);
  return message;
}

}  // namespace

MessageBuilder::MessageBuilder(const Topology& topology, Protocol protocol, std::size_t batch,
                               Handler handler)
    : topology_(topology),
      protocol_(protocol),
      batch_(batch),
      handler_(std::move(handler)),
      pending_(topology.size()) {
  resources_.reserve(topology.size());
  for (std::size_t i = 0; i < topology.size(); ++i) {
    resources_.push_back(topology.service(i).resource);
  }
}

Arena& MessageBuilder::ArenaOf(std::size_t service) {
  auto& arena = pending_[service].arena;
  if (!arena) {
    arena.emplace(kArenaBytes);
  }
  return *arena;
}

void MessageBuilder::Add(std::size_t service, const Span& span, std::uint64_t trace_number) {
  Pending& pending = pending_[service];
  pending.spans.push_back(span);
  pending.spans.back().resource = &resources_[service];
  pending.traces.push_back(trace_number);
  if (pending.spans.size() >= batch_) {
    FlushService(service);
  }
}

void MessageBuilder::Flush() {
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    FlushService(i);
  }
}

void MessageBuilder::FlushService(std::size_t service) {
  Pending& pending = pending_[service];
  if (!pending.spans.empty()) {
    Encode(resources_[service], pending.spans, pending.traces);
  }
  pending.spans.clear();
  pending.traces.clear();
  pending.arena.reset();
}

void MessageBuilder::Encode(const Resource& resource, std::span<const Span> spans,
                            std::span<const std::uint64_t> traces) {
  std::string bytes = EncodeMessage(protocol_, resource, spans, sequence_);
  if (IsUdp(protocol_) && bytes.size() > kMaxDatagramBytes && spans.size() > 1) {
    const std::size_t half = spans.size() / 2;
    Encode(resource, spans.first(half), traces.first(half));
    Encode(resource, spans.subspan(half), traces.subspan(half));
    return;
  }
  ++sequence_;
  handler_({std::move(bytes), {traces.begin(), traces.end()}});
}

}  // namespace pugmark::tracegen
