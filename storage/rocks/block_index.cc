#include "storage/rocks/block_index.h"

#include <algorithm>
#include <tuple>

#include "common/base/bytes.h"

namespace pugmark::rocks {
namespace {

std::string_view ServiceOf(const Resource* resource) {
  return resource == nullptr ? std::string_view() : resource->service_name;
}

}  // namespace

void BlockIndex::Start() {
  entries_.clear();
  positions_.Clear();
  traces_.Clear();
  last_resource_ = nullptr;
  last_service_hash_ = HashName({});
}

void BlockIndex::Add(const Span& span) {
  traces_.Insert(span.trace_id).first.Add(span.start_time, span.duration);
  const std::string_view service = ServiceOf(span.resource);
  if (span.resource != last_resource_) {
    last_resource_ = span.resource;
    last_service_hash_ = HashName(service);
  }
  const EntryKey key{HashOperation(last_service_hash_, span.name), SlotOf(span.start_time),
                     span.kind};
  const auto [position, is_new] = positions_.Insert(key);
  if (is_new) {
    position = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({last_service_hash_, key.operation_hash, key.slot, key.kind, service,
                        span.name, TimeBounds{}});
  }
  entries_[position].bounds.Add(span.start_time, span.duration);
}

void BlockIndex::PutRows(std::string_view tenant, BlockId block, RowBatch& rows) {
  PutTraceRows(tenant, block, rows);
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.slot, a.service_hash, a.operation_hash) <
           std::tie(b.slot, b.service_hash, b.operation_hash);
  });
  // Entries of an operation lie together, those of a service around them, those of a minute around
  // these: each level's row is put where its run ends.
  TimeBounds minute;
  TimeBounds service;
  TimeBounds operation;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    const Entry* const next = i + 1 < entries_.size() ? &entries_[i + 1] : nullptr;
    const bool minute_ends = next == nullptr || next->slot != entry.slot;
    const bool service_ends = minute_ends || next->service_hash != entry.service_hash;
    const bool operation_ends = service_ends || next->operation_hash != entry.operation_hash;
    operation.Merge(entry.bounds);
    if (operation_ends) {
      PutTimeRow(RowKind::kOperationTime, tenant, entry.operation_hash, operation, block, rows);
      service.Merge(operation);
      operation = TimeBounds{};
    }
    if (service_ends) {
      PutTimeRow(RowKind::kServiceTime, tenant, entry.service_hash, service, block, rows);
      minute.Merge(service);
      service = TimeBounds{};
    }
    if (minute_ends) {
      PutTimeRow(RowKind::kTenantTime, tenant, 0, minute, block, rows);
      minute = TimeBounds{};
    }
  }
}

void BlockIndex::PutTraceRows(std::string_view tenant, BlockId block, RowBatch& rows) {
  // In the order of their keys, which spares RocksDB half of the search for each one's place.
  sorted_traces_.clear();
  traces_.ForEach([this](TraceId trace_id, const TraceRow& row) {
    sorted_traces_.emplace_back(trace_id, &row);
  });
  std::sort(sorted_traces_.begin(), sorted_traces_.end());
  key_ = KeyPrefix(RowKind::kTrace, tenant);
  const std::size_t prefix_bytes = key_.size();
  for (const auto& [trace_id, row] : sorted_traces_) {
    key_.resize(prefix_bytes);
    AppendBig64(key_, trace_id.high);
    AppendBig64(key_, trace_id.low);
    AppendBig64(key_, block);
    value_.clear();
    AppendTraceValue(value_, *row);
    rows.Put(key_, value_);
  }
}

void BlockIndex::PutTimeRow(RowKind kind, std::string_view tenant, std::uint64_t hash,
                            const TimeBounds& bounds, BlockId block, RowBatch& rows) {
  key_ = TimePrefix(kind, tenant, hash);
  AppendTimeAndBlock(key_, bounds.newest, block);
  value_.clear();
  AppendBounds(value_, bounds);
  rows.Put(key_, value_);
}

}  // namespace pugmark::rocks
