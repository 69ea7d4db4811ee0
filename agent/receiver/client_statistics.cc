#include "agent/receiver/client_statistics.h"

#include <algorithm>

namespace pugmark {
namespace {

constexpr std::size_t kLongestUuid = 128;

// "" where the client gives none.
std::string_view ClientUuid(const SpanBatch& batch) {
  if (batch.resources().empty()) {
    return {};
  }
  const Attribute* const tag = FindAttribute(batch.resources().front().attributes, "client-uuid");
  if (tag == nullptr || tag->value.type() != ValueType::kString) {
    return {};
  }
  return tag->value.text().substr(0, kLongestUuid);
}

// Counters of clients only grow; one that does not is a client's mistake.
void AddGrowth(Metrics::Counter& counter, std::int64_t last, std::int64_t now) {
  counter.Increment(std::max(0.0, static_cast<double>(now) - static_cast<double>(last)));
}

Metrics::Counter& DroppedCounter(Metrics& metrics, const char* cause) {
  return metrics.AddCounter("jaeger_agent_client_stats_spans_dropped_total",
                            "spans that clients say they have dropped", {{"cause", cause}});
}

}  // namespace

ClientStatistics::ClientStatistics(Metrics& metrics)
    : batches_received_(metrics.AddCounter("jaeger_agent_client_stats_batches_received_total",
                                           "batches received from clients that number them")),
      batches_sent_(metrics.AddCounter("jaeger_agent_client_stats_batches_sent_total",
                                       "batches that clients say they have sent")),
      full_queue_(DroppedCounter(metrics, "full-queue")),
      send_failure_(DroppedCounter(metrics, "send-failure")),
      too_large_(DroppedCounter(metrics, "too-large")),
      connected_clients_(metrics.AddGauge("jaeger_agent_client_stats_connected_clients",
                                          "clients seen in the last hour")),
      before_scrape_(metrics.BeforeScrape([this] { Refresh(); })) {}

void ClientStatistics::Update(const SpanBatch& batch, const ThriftBatchInfo& info,
                              SteadyClock::time_point now) {
  const std::string_view uuid = info.has_seq_no ? ClientUuid(batch) : std::string_view();
  if (uuid.empty()) {
    return;
  }
  batches_received_.Increment();
  const std::lock_guard lock(mutex_);
  auto found = clients_.find(uuid);
  if (found == clients_.end()) {
    if (clients_.size() >= kMostClients) {
      return;
    }
    found = clients_.emplace(uuid, Client()).first;
  }
  Client& client = found->second;
  if (info.seq_no <= client.batches_sent) {
    return;  // overtaken by a later one
  }
  // Not for the first batch: a client may have run for long before this agent did.
  if (client.batches_sent > 0) {
    CountSince(client, info);
  }
  client.batches_sent = info.seq_no;
  client.last_seen = now;
  if (info.has_stats) {
    client.stats = info.stats;
  }
}

void ClientStatistics::CountSince(const Client& last, const ThriftBatchInfo& info) {
  AddGrowth(batches_sent_, last.batches_sent, info.seq_no);
  if (info.has_stats) {
    AddGrowth(full_queue_, last.stats.full_queue_dropped_spans,
              info.stats.full_queue_dropped_spans);
    AddGrowth(too_large_, last.stats.too_large_dropped_spans, info.stats.too_large_dropped_spans);
    AddGrowth(send_failure_, last.stats.failed_to_emit_spans, info.stats.failed_to_emit_spans);
  }
}

void ClientStatistics::Refresh(SteadyClock::time_point now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(clients_,
                [now](const auto& entry) { return now - entry.second.last_seen > kIdleTime; });
  connected_clients_.Set(static_cast<double>(clients_.size()));
}

}  // namespace pugmark
