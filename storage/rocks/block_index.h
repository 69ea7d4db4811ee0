// Gathers what finds the spans of one block again: one row per trace, and one per distinct tenant,
// service and operation for each minute in which spans start.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/span.h"
#include "storage/rocks/flat_map.h"
#include "storage/rocks/index_row.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/row_batch.h"
#include "storage/rocks/trace_row.h"

namespace pugmark::rocks {

// Thread safety: one thread at a time. It keeps views into the spans until the next Start.
class BlockIndex {
 public:
  // Spans of one operation, kind and minute.
  struct Entry {
    std::uint64_t service_hash = 0;
    std::uint64_t operation_hash = 0;
    std::int64_t slot = 0;
    SpanKind kind = SpanKind::kUnspecified;
    std::string_view service;
    std::string_view operation;
    TimeBounds bounds;
  };

  void Start();
  void Add(const Span& span);
  void PutRows(std::string_view tenant, BlockId block, RowBatch& rows);
  // Sorted by PutRows; an operation and kind stand there once per minute.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  struct EntryKey {
    std::uint64_t operation_hash = 0;
    std::int64_t slot = 0;
    SpanKind kind = SpanKind::kUnspecified;
    friend bool operator==(const EntryKey&, const EntryKey&) = default;
  };
  struct HashEntryKey {
    std::uint64_t operator()(const EntryKey& key) const noexcept {
      return key.operation_hash ^ MixBits {
      }(static_cast<std::uint64_t>(key.slot) * 8 + static_cast<std::uint64_t>(key.kind));
    }
  };
  void PutTraceRows(std::string_view tenant, BlockId block, RowBatch& rows);
  void PutTimeRow(RowKind kind, std::string_view tenant, std::uint64_t hash,
                  const TimeBounds& bounds, BlockId block, RowBatch& rows);

  std::vector<Entry> entries_;
  FlatMap<EntryKey, std::uint32_t, HashEntryKey> positions_;
  FlatMap<TraceId, TraceRow, HashTraceId> traces_;
  std::vector<std::pair<TraceId, const TraceRow*>> sorted_traces_;  // scratch
  const Resource* last_resource_ = nullptr;
  std::uint64_t last_service_hash_ = 0;
  std::string key_;
  std::string value_;
};

}  // namespace pugmark::rocks
