// What the rows of a head or of a segment have in common, stored once: services, operations,
// resources, scopes, columns, shapes and types. Rows refer to all of it by small numbers.
//
// A *type* is everything about a span that repeats from span to span of one operation: operation,
// scope, kind, status, source format and *shape*. A shape is the ordered list of the columns that
// a span (or event) has values in: its attributes in their order, then the fields it uses.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/model/span.h"

namespace pugmark::engine {

// Numbers are part of the stored format.
enum class ColumnLevel : std::uint8_t { kSpan = 0, kEvent = 1 };
enum class ColumnField : std::uint8_t {
  kAttribute = 0,          // of that key and type
  kStatusMessage = 1,      // kString
  kTraceState = 2,         // kString
  kFlags = 3,              // kInt
  kRest = 4,               // kBytes: EncodeRest
  kPackedAttributes = 5,   // kMap: all attributes in one value, where columns would be too many
  kDroppedAttributes = 6,  // kInt, of an event
};
inline constexpr auto kLastColumnField = ColumnField::kDroppedAttributes;

struct ColumnInfo {
  ColumnLevel level = ColumnLevel::kSpan;
  ColumnField field = ColumnField::kAttribute;
  ValueType type = ValueType::kString;
  std::string_view key;  // of an attribute
};

// Whether values of the type are stored as 64 bits; else as text: kString and kBytes as they are,
// the others as EncodeValue writes them.
[[nodiscard]] constexpr bool IsNumber(ValueType type) {
  return type == ValueType::kBool || type == ValueType::kInt || type == ValueType::kDouble;
}

struct Shape {
  std::vector<std::uint32_t> columns;
  std::uint32_t attribute_count = 0;  // the first of `columns`; the others are fields
};

struct OperationInfo {
  std::uint32_t tenant = 0;
  std::uint32_t service = 0;
  std::string_view name;
};

struct ResourceInfo {
  std::uint32_t service = 0;
  std::uint32_t ordinal = 0;  // among the resources of its service
  std::string_view encoded;   // EncodeResource
};

inline constexpr std::uint32_t kNoScope = 0;  // SpanType::scope is the scope's number plus one

struct SpanType {
  std::uint32_t operation = 0;
  std::uint32_t scope = kNoScope;
  std::uint32_t shape = 0;
  SpanKind kind = SpanKind::kUnspecified;
  StatusCode status = StatusCode::kUnset;
  SourceFormat format = SourceFormat::kUnknown;
};

struct Schema {
  std::vector<std::string_view> tenants;
  std::vector<std::string_view> services;
  std::vector<OperationInfo> operations;
  std::vector<std::string_view> event_names;
  std::vector<ResourceInfo> resources;
  std::vector<std::string_view> scopes;  // EncodeScope
  std::vector<ColumnInfo> columns;
  std::vector<Shape> shapes;
  std::vector<SpanType> types;

  [[nodiscard]] const OperationInfo& OperationOf(std::uint32_t type) const {
    return operations[types[type].operation];
  }
  [[nodiscard]] std::uint32_t ServiceOf(std::uint32_t type) const {
    return OperationOf(type).service;
  }
};

}  // namespace pugmark::engine
