// Puts spans together from a schema, the numbers of a row and the values of its columns. Texts are
// copied into the chunk's arena, so that a chunk owns all it shows.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/model/arena.h"
#include "common/model/span.h"
#include "storage/rocks/columnar/schema.h"
#include "storage/rocks/columnar/value_codec.h"

namespace pugmark::engine {

// One value of a column: bits for numbers, else text that is valid until the next is asked for.
struct ColumnValue {
  std::uint64_t bits = 0;
  std::string_view text;
};

struct RowCore {
  TraceId trace_id;
  SpanId span_id = 0;
  SpanId parent_span_id = 0;
  std::int64_t start_ns = 0;
  std::int64_t duration_ns = 0;
  std::uint32_t type = 0;
  std::uint32_t resource = 0;
  std::uint32_t event_count = 0;
};

struct EventCore {
  std::int64_t time_ns = 0;
  std::uint32_t name = 0;
  std::uint32_t shape = 0;
};

// Thread safety: one thread at a time. The schema and the arena outlive it.
class SpanAssembler {
 public:
  SpanAssembler(const Schema& schema, Arena& arena) : schema_(schema), arena_(arena) {}

  // Fills `span`. `source` gives the row's values in the order they are asked for:
  //   bool NextValue(std::uint32_t position, std::uint32_t column, ColumnValue&);  // of the span
  //   bool NextEvent(EventCore&);
  //   bool NextEventValue(std::uint32_t position, std::uint32_t column, ColumnValue&);
  // False where the source failed, where stored bytes are malformed, or the arena is full.
  template <typename Source>
  bool Assemble(const RowCore& row, Source& source, Span& span) {
    const SpanType& type = schema_.types[row.type];
    const OperationInfo& operation = schema_.operations[type.operation];
    span = Span{};
    span.trace_id = row.trace_id;
    span.span_id = row.span_id;
    span.parent_span_id = row.parent_span_id;
    span.start_time = UnixTime(Nanoseconds(row.start_ns));
    span.duration = Nanoseconds(row.duration_ns);
    span.kind = type.kind;
    span.status = type.status;
    span.format = type.format;
    span.name = OperationName(type.operation, operation.name);
    span.resource = ResourceOf(row.resource);
    span.scope = type.scope == kNoScope ? nullptr : ScopeOf(type.scope - 1);
    if (span.resource == nullptr || (type.scope != kNoScope && span.scope == nullptr)) {
      return false;
    }
    const Shape& shape = schema_.shapes[type.shape];
    span.attributes = AllocateAttributes(shape.attribute_count);
    for (std::uint32_t i = 0; i < shape.columns.size(); ++i) {
      const std::uint32_t column = shape.columns[i];
      ColumnValue value;
      if (!source.NextValue(i, column, value)) {
        return false;
      }
      if (i < span.attributes.size()) {
        SetAttribute(span.attributes[i], column, value);
      } else if (!SetField(span, column, value)) {
        return false;
      }
    }
    return AssembleEvents(row, source, span) && !failed_ && !arena_.exhausted();
  }

 private:
  template <typename Source>
  bool AssembleEvents(const RowCore& row, Source& source, Span& span) {
    if (row.event_count == 0) {
      return true;
    }
    auto* const events = arena_.Allocate<Event>(row.event_count);
    if (events == nullptr) {
      return false;
    }
    span.events = {events, row.event_count};
    for (Event& event : span.events) {
      event = Event{};
      EventCore core;
      if (!source.NextEvent(core)) {
        return false;
      }
      event.time = UnixTime(Nanoseconds(core.time_ns));
      event.name = arena_.CopyText(schema_.event_names[core.name]);
      const Shape& shape = schema_.shapes[core.shape];
      event.attributes = AllocateAttributes(shape.attribute_count);
      for (std::uint32_t i = 0; i < shape.columns.size(); ++i) {
        const std::uint32_t column = shape.columns[i];
        ColumnValue value;
        if (!source.NextEventValue(i, column, value)) {
          return false;
        }
        if (i < event.attributes.size()) {
          SetAttribute(event.attributes[i], column, value);
        } else {
          SetEventField(event, column, value);
        }
      }
    }
    return true;
  }

  std::span<Attribute> AllocateAttributes(std::uint32_t count) {
    auto* const attributes = count == 0 ? nullptr : arena_.Allocate<Attribute>(count);
    if (attributes == nullptr) {
      failed_ |= count != 0;
      return {};
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      attributes[i] = Attribute{};
    }
    return {attributes, count};
  }

  void SetAttribute(Attribute& attribute, std::uint32_t column, const ColumnValue& value);
  bool SetField(Span& span, std::uint32_t column, const ColumnValue& value);
  void SetEventField(Event& event, std::uint32_t column, const ColumnValue& value);
  Value ToValue(ValueType type, const ColumnValue& value);
  std::span<Attribute> Unpack(std::string_view encoded);
  std::string_view KeyOf(std::uint32_t column);
  std::string_view OperationName(std::uint32_t operation, std::string_view name);
  Resource* ResourceOf(std::uint32_t resource);
  const Scope* ScopeOf(std::uint32_t scope);

  const Schema& schema_;
  Arena& arena_;
  bool failed_ = false;
  // What this chunk has copied already, by number.
  std::vector<std::string_view> keys_;
  std::unordered_map<std::uint32_t, std::string_view> names_;
  std::unordered_map<std::uint32_t, Resource*> resources_;
  std::unordered_map<std::uint32_t, const Scope*> scopes_;
};

}  // namespace pugmark::engine
