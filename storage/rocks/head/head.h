// The newest spans of a store, interned in memory. A head only grows; the record writer fills it
// from batches, the record replayer from the write-ahead log, and both leave the same head. Sealing
// turns it into a segment.
//
// Thread safety: one thread appends under an exclusive lock of `mutex()`, readers hold a shared
// one. Rows at and above `published_rows()` are not to be shown: their log record is not written.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/model/arena.h"
#include "storage/rocks/columnar/schema.h"
#include "storage/rocks/columnar/span_assembler.h"
#include "storage/rocks/columnar/text_template.h"
#include "storage/rocks/head/head_column.h"

namespace pugmark::engine {

struct HeadRow {
  SpanId span_id = 0;
  SpanId parent_span_id = 0;
  std::int64_t start_ns = 0;
  std::int64_t duration_ns = 0;
  std::uint32_t trace = 0;
  std::uint32_t type = 0;
  std::uint32_t resource = 0;
  std::uint32_t values_at = 0;
  std::uint32_t events_at = 0;
  std::uint32_t event_count = 0;
  std::uint32_t previous_in_trace = kNotFound;  // row
};

struct HeadEvent {
  std::int64_t time_ns = 0;
  std::uint32_t name = 0;
  std::uint32_t shape = 0;
  std::uint32_t values_at = 0;
};

struct HeadTrace {
  TraceId id;
  std::uint32_t tenant = 0;
  std::uint32_t last_row = kNotFound;
  std::uint32_t row_count = 0;
  std::int64_t min_start_ns = 0;
};

// The last value that a type had at a position of its shape: most values repeat.
struct LastValue {
  std::uint64_t bits = 0;
  const char* text = nullptr;
  std::uint32_t size = 0;
  std::uint32_t code = kNoCode;
  bool has_varied = false;
};

// Types tried first for an operation, the most recent at the front.
struct RecentTypes {
  static constexpr std::size_t kCount = 4;
  std::uint32_t types[kCount] = {kNotFound, kNotFound, kNotFound, kNotFound};
  void Use(std::uint32_t type);
};

[[nodiscard]] inline std::uint64_t HashTraceId(TraceId id) { return Mix(id.high ^ (id.low * 31)); }

class Head {
 public:
  // Numbers of one head stay below these by sealing early; a single batch may go a little beyond.
  struct Limits {
    std::size_t rows = 262'144;
    std::size_t bytes = std::size_t{96} << 20;
    std::size_t types = 16'384;
    std::size_t tenants = 1'024;
    std::size_t columns = 4'096;  // beyond, attributes are packed; no early seal
    std::size_t shapes = 32'768;  // as types
  };

  Head();
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  // --- For the record writer and replayer: each adds one thing and returns its number.
  std::uint32_t AddTenant(std::string_view tenant);
  std::uint32_t AddOperation(std::uint32_t tenant, std::uint32_t service, std::string_view name);
  std::uint32_t AddEventName(std::string_view name);
  // Adds its service too, where that is new.
  std::uint32_t AddResource(std::string_view encoded);
  std::uint32_t AddScope(std::string_view encoded);
  std::uint32_t AddColumn(const ColumnInfo& info);
  std::uint32_t AddShape(Shape shape);
  std::uint32_t AddType(const SpanType& type);
  std::uint32_t AddTrace(std::uint32_t tenant, TraceId id);
  // Appends to the row's trace; `row.trace` is set, previous_in_trace is not.
  void AddRow(HeadRow row);
  // Remembers `code` as the type's last value at a position; `text` lives in the head.
  void NoteValue(std::uint32_t type, std::uint32_t position, std::uint32_t code, std::uint64_t bits,
                 std::string_view text);

  [[nodiscard]] std::uint32_t FindTenant(std::string_view tenant) const;
  [[nodiscard]] std::uint32_t FindOperation(std::uint32_t tenant, std::uint32_t service,
                                            std::string_view name) const;
  [[nodiscard]] std::uint32_t FindTrace(std::uint32_t tenant, TraceId id) const;
  [[nodiscard]] std::uint32_t FindColumn(const ColumnInfo& info) const;
  [[nodiscard]] std::uint32_t FindShape(const Shape& shape) const;
  [[nodiscard]] std::uint32_t FindType(const SpanType& type) const;

  [[nodiscard]] Arena& arena() { return arena_; }
  [[nodiscard]] const Schema& schema() const { return schema_; }
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] bool IsFull(const Limits& limits) const;
  // A number that differs between heads that differ in size: what a replay is checked against.
  [[nodiscard]] std::uint32_t Fingerprint() const;

  [[nodiscard]] std::shared_mutex& mutex() const { return mutex_; }
  [[nodiscard]] std::uint32_t published_rows() const {
    return published_rows_.load(std::memory_order_acquire);
  }
  void Publish() {
    published_rows_.store(static_cast<std::uint32_t>(rows.size()), std::memory_order_release);
  }

  std::deque<HeadColumn> columns;  // parallel to schema().columns
  std::vector<HeadRow> rows;
  std::vector<std::uint32_t> values;  // codes, in the order of the rows' shapes
  std::vector<HeadEvent> events;
  std::vector<HeadTrace> traces;
  std::vector<RecentTypes> recent_types;    // by operation
  std::vector<std::uint32_t> recent_shape;  // by event name
  TextTable services;
  TextTable event_names;
  TextTable resources;  // by their encoding
  TextTable scopes;
  std::int64_t min_start_ns = 0;
  std::int64_t max_start_ns = 0;

  [[nodiscard]] LastValue& last_value(std::uint32_t type, std::uint32_t position) {
    return last_values_[first_last_value_[type] + position];
  }
  [[nodiscard]] const LastValue& last_value(std::uint32_t type, std::uint32_t position) const {
    return last_values_[first_last_value_[type] + position];
  }

 private:
  std::uint32_t AddService(std::string_view name);

  Schema schema_;
  Arena arena_;
  TextTable tenants_;
  HashIndex operation_index_;
  HashIndex trace_index_;
  std::unordered_map<std::string, std::uint32_t> column_numbers_;
  std::unordered_map<std::string, std::uint32_t> shape_numbers_;
  std::unordered_map<std::string, std::uint32_t> type_numbers_;
  std::vector<LastValue> last_values_;
  std::vector<std::uint32_t> first_last_value_;  // by type
  std::vector<std::uint32_t> ordinals_;          // resources so far, by service
  mutable std::shared_mutex mutex_;
  std::atomic<std::uint32_t> published_rows_{0};
};

// Reads rows of a head. Hold a shared lock while one is used.
class HeadRowSource {
 public:
  HeadRowSource(const Head& head, std::uint32_t row)
      : head_(head), row_(head.rows[row]), event_(row_.events_at), event_value_(0) {}

  [[nodiscard]] RowCore Core() const;
  bool NextValue(std::uint32_t position, std::uint32_t column, ColumnValue& value);
  bool NextEvent(EventCore& event);
  bool NextEventValue(std::uint32_t position, std::uint32_t column, ColumnValue& value);

 private:
  void Load(std::uint32_t column, std::uint32_t code, ColumnValue& value);

  const Head& head_;
  const HeadRow& row_;
  std::uint32_t event_;
  std::uint32_t event_value_;
  std::array<char, kMostJoinedText> joined_;
};

}  // namespace pugmark::engine
