// What is known of a segment as a whole, and its stored form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "storage/rocks/columnar/plane_codec.h"
#include "storage/rocks/columnar/schema.h"
#include "storage/rocks/segment/segment_format.h"

namespace pugmark::engine {

struct GroupBounds {
  std::uint32_t rows = 0;
  std::uint32_t first_entry = 0;
  std::uint32_t entries = 0;
  std::uint32_t tenant = 0;
  std::int64_t min_start_ns = 0;
  std::int64_t max_start_ns = 0;
};

// What every look at a segment needs; small, and kept in memory once read.
struct SegmentHeader {
  std::uint32_t rows = 0;
  std::uint32_t entries = 0;
  std::int64_t min_start_ns = 0;
  std::int64_t max_start_ns = 0;
  std::uint32_t index_pages = 0;
  std::uint32_t filter_pages = 0;
  std::vector<GroupBounds> groups;   // the first is group number 1
  std::vector<std::uint64_t> bloom;  // lines of 8

  [[nodiscard]] bool MayHold(std::uint32_t trace_hash) const;
  [[nodiscard]] std::size_t bytes() const {
    return sizeof *this + groups.size() * sizeof(GroupBounds) + bloom.size() * 8;
  }
};

//   header  rows, entries varint | min, max start i64 | index, filter pages varint | groups: count
//           varint, then of each: rows, entries, tenant varint, min, max start i64 | bloom words
//           count varint, 8 bytes each
void EncodeHeader(ByteWriter& out, const SegmentHeader& header);
Result<SegmentHeader> DecodeHeader(std::string_view chunk);

// A position of a shape whose value is the same in all rows of a type; else kVaries.
inline constexpr std::uint32_t kVaries = 0xffffffffU;

// The schema of a segment with what its rows leave out. Owns its texts.
struct SegmentSchema {
  Schema schema;
  std::vector<std::vector<std::uint32_t>> constants;  // by type and position: dictionary number
  std::vector<std::vector<std::uint32_t>> varying_columns;    // by type, in the order of its shape
  std::vector<std::vector<std::uint32_t>> service_resources;  // by service and ordinal
  std::vector<std::uint32_t> dictionary_sizes;                // by column
  std::vector<bool> has_plain;                                // by column
  std::vector<char> text;                                     // what the views point into

  [[nodiscard]] std::size_t bytes() const;
};

//   schema  integers: sizes of all texts | block of all texts, in this order: tenants, services,
//           operation names, event names, resources, scopes, column keys | block of numbers, all
//           varint: the six counts before the columns' | operations: tenant, service | resources:
//           service | columns: count, then level, field, type, has plain values, dictionary size |
//           shapes: count, then attributes, columns, each column | types: count, then operation,
//           scope, shape, kind, status, format, then per position 0 or constant + 1
void EncodeSchema(ByteWriter& out, BlockEncoder& encoder, const SegmentSchema& schema);
Result<SegmentSchema> DecodeSchema(std::string_view chunk, BlockDecoder& decoder);

// Calls between services whose both ends are in one entry.
struct SegmentEdge {
  std::uint32_t tenant = 0;
  std::uint32_t parent_service = 0;
  std::uint32_t child_service = 0;
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::uint64_t duration_ns = 0;
};
// A span whose parent is not in its entry.
struct DanglingSpan {
  std::uint32_t entry = 0;
  std::uint32_t type = 0;
  std::uint64_t parent_span_id = 0;
  std::int64_t start_ns = 0;
  std::int64_t duration_ns = 0;
};
struct SegmentEdges {
  std::vector<SegmentEdge> edges;
  std::vector<DanglingSpan> dangling;  // by entry
};

//   edges   edges: integers each of tenant, parent, child, calls, errors, duration | dangling:
//           integers of entries (differences), types, starts (ns after the segment's first),
//           durations (zigzag) | block of 8-byte parent ids
void EncodeEdges(ByteWriter& out, BlockEncoder& encoder, const SegmentEdges& edges,
                 std::int64_t min_start_ns);
Result<SegmentEdges> DecodeEdges(std::string_view chunk, BlockDecoder& decoder,
                                 const SegmentHeader& header, const Schema& schema);

}  // namespace pugmark::engine
