// Interns batches into a head and writes the record that replays the same.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/model/span.h"
#include "storage/rocks/columnar/byte_io.h"
#include "storage/rocks/columnar/text_template.h"
#include "storage/rocks/head/head.h"
#include "storage/rocks/wal/record_format.h"

namespace pugmark::engine {

// The columns that had too many different values for a dictionary, carried from head to head so
// that each does not find out anew. Forgotten now and then: data change.
class PlainColumns {
 public:
  void Learn(const Head& sealed);
  [[nodiscard]] bool Contains(const ColumnInfo& column) const;

 private:
  static std::string KeyOf(const ColumnInfo& column);

  std::unordered_map<std::string, bool> is_plain_;
  unsigned heads_ = 0;
};

// The fields that a span or event uses, in the order of its shape.
struct FieldList {
  std::array<ColumnField, 6> fields;
  std::size_t size = 0;
  void Add(ColumnField field) { fields[size++] = field; }
};

// Thread safety: one thread at a time, which holds the head's mutex exclusively.
class RecordWriter {
 public:
  explicit RecordWriter(const Head::Limits& limits = {}) : limits_(limits) {}

  // Appends `spans` to `head`, unpublished, and returns the record; it is valid until the next
  // call.
  std::string_view Append(Head& head, std::string_view tenant, std::span<const Span> spans);

  // To be called with every head that is full, before the first append to its successor.
  void Learn(const Head& full) { plain_columns_.Learn(full); }

 private:
  void WriteTenant(std::string_view tenant);
  void WriteResources(std::span<const Span> spans);
  void WriteResource(const Resource& resource);
  std::uint32_t ResourceNumber(const Resource* resource);
  void WriteSpan(const Span& span);
  std::uint32_t WriteTrace(TraceId id);
  std::uint32_t WriteType(const Span& span, std::uint32_t resource);
  [[nodiscard]] std::uint32_t RecentType(std::uint32_t operation, const Span& span,
                                         std::uint32_t scope, const FieldList& fields) const;
  std::uint32_t WriteUnusualType(const Span& span, std::uint32_t operation, std::uint32_t service,
                                 std::uint32_t scope, const FieldList& fields);
  // SpanType::scope of a span; kNotFound for a scope that the head does not know.
  std::uint32_t FindScope(const Scope* scope);
  void WriteParent(SpanId parent);
  void WriteValues(const Span& span, std::uint32_t type);
  bool RepeatsLast(const LastValue& last, const HeadColumn& column, const ColumnValue& value) const;
  void WriteEvents(const Span& span);
  // Writes the shape's reference, defining the shape and its columns where they are new.
  std::uint32_t WriteShape(std::span<const Attribute> attributes, ColumnLevel level,
                           const FieldList& fields);
  std::uint32_t WriteValue(HeadColumn& column, const ColumnValue& value);
  std::uint32_t WriteNumber(HeadColumn& column, std::uint64_t bits);
  std::uint32_t WriteText(HeadColumn& column, std::string_view text);
  std::uint32_t WritePlainText(HeadColumn& column, std::string_view text);

  // Whether the attributes go into one packed value.
  [[nodiscard]] bool MustPack(std::span<const Attribute> attributes, ColumnLevel level) const;
  [[nodiscard]] bool Fits(const Shape& shape, std::span<const Attribute> attributes,
                          const FieldList& fields) const;
  ColumnValue ValueOf(const Attribute& attribute);
  ColumnValue FieldOf(const Span& span, ColumnField field);
  ColumnValue Packed(std::span<const Attribute> attributes);

  const Head::Limits limits_;
  PlainColumns plain_columns_;
  ByteWriter record_;
  ByteWriter scratch_;
  SplitText split_;
  // Of the batch being appended.
  Head* head_ = nullptr;
  std::uint32_t tenant_ = 0;
  std::int64_t unit_ns_ = 1;
  std::vector<std::pair<const Resource*, std::uint32_t>> resources_;
  std::size_t last_resource_ = 0;
  const Scope* scope_ = nullptr;
  std::uint32_t scope_number_ = kNoScope;
  std::uint32_t trace_ = 0;
  std::int64_t previous_start_ = 0;
  RecentSpanIds recent_ids_;
};

}  // namespace pugmark::engine
