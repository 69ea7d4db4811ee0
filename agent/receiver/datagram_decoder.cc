#include "agent/receiver/datagram_decoder.h"

#include <algorithm>
#include <span>

#include "common/log/log.h"

namespace pugmark {
namespace {

// A datagram has at most 64 KiB; what it decodes to is bounded by this, whatever it says.
constexpr std::size_t kMaxArenaBytes = std::size_t{8} << 20;

Metrics::Counter& RejectedCounter(Metrics& metrics, Labels labels, std::string_view reason) {
  labels["reason"] = reason;
  return metrics.AddCounter("pugmark_agent_datagrams_rejected_total",
                            "datagrams that hold no usable batch, by reason", labels);
}

}  // namespace

void AddAgentTags(SpanBatch& batch, const AgentTags& tags) {
  if (tags.empty()) {
    return;
  }
  for (Resource& resource : batch.resources()) {
    const std::size_t own = resource.attributes.size();
    Attribute* const all = batch.arena().Allocate<Attribute>(own + tags.size());
    if (all == nullptr) {
      return;
    }
    std::copy(resource.attributes.begin(), resource.attributes.end(), all);
    std::transform(tags.begin(), tags.end(), all + own, [](const auto& tag) {
      return Attribute{tag.first, Value::String(tag.second)};
    });
    resource.attributes = {all, own + tags.size()};
  }
}

DatagramDecoder::DatagramDecoder(ThriftProtocol protocol, const SharedParts& shared,
                                 const Labels& labels)
    : protocol_(protocol),
      shared_(shared),
      handler_errors_(
          shared.metrics.AddCounter("jaeger_agent_thrift_udp_t_processor_handler_errors_total",
                                    "datagrams that hold no usable batch", labels)),
      rejected_too_long_(RejectedCounter(shared.metrics, labels, "too_long")) {
  for (std::size_t i = 0; i < kDecodeErrors; ++i) {
    const auto error = static_cast<DecodeError>(i);
    rejected_[i] = &RejectedCounter(shared.metrics, labels,
                                    error == DecodeError::kNone ? "empty" : DecodeErrorName(error));
  }
}

void DatagramDecoder::Decode(std::string datagram) const {
  BatchLimits limits;
  limits.max_arena_bytes = kMaxArenaBytes;
  SpanBatch batch(std::move(datagram), limits);
  batch.transport = InboundTransport::kUdp;
  ThriftBatchInfo info;
  const DecodeStatus status = DecodeAgentMessage(protocol_, batch, &info);
  if (!status.ok() || batch.spans().empty()) {
    handler_errors_.Increment();
    rejected_[static_cast<std::size_t>(status.error)]->Increment();
    PUGMARK_LOG_THROTTLED(
        LogLevel::kError, "datagram dropped: no batch of spans", {"bytes", batch.payload().size()},
        {"error", status.ok() ? std::string("no span in it") : ToError(status).message});
    return;
  }
  shared_.clients.Update(batch, info);
  AddAgentTags(batch, shared_.tags);
  shared_.reporter.Report(batch);
}

void DatagramDecoder::CountTooLong() const {
  handler_errors_.Increment();
  rejected_too_long_.Increment();
}

}  // namespace pugmark
