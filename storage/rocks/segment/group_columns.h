// Collects the attribute values of one row group, column by column, and writes their chunks.
#pragma once

#include <cstdint>
#include <vector>

#include "storage/rocks/columnar/plane_codec.h"
#include "storage/rocks/head/head.h"
#include "storage/rocks/segment/segment_format.h"

namespace pugmark::engine {

// A plain text value and the row group that it lies in.
struct FilterToken {
  std::uint64_t token = 0;
  std::uint32_t group = 0;
};

// Thread safety: one thread at a time.
class GroupColumns {
 public:
  explicit GroupColumns(const Head& head) : head_(head), columns_(head.columns.size()) {}

  void StartGroup(std::uint16_t group);
  // Values repeat within an entry only.
  void StartEntry() { ++entry_; }
  void Add(std::uint32_t column, std::uint32_t code);
  // Writes the chunks of the columns that have values, ascending.
  void Flush(BlockEncoder& encoder, std::vector<SegmentChunkData>& chunks);

  // Bytes of raw texts in this group: a reason to cut it.
  [[nodiscard]] std::size_t raw_bytes() const { return raw_bytes_; }
  // Of all groups so far.
  [[nodiscard]] const std::vector<FilterToken>& tokens() const { return tokens_; }

 private:
  struct Column {
    std::vector<std::uint32_t> ids;
    std::vector<std::uint64_t> numbers;
    std::vector<std::uint32_t> patterns;
    std::vector<std::vector<std::uint64_t>> slots;  // kept from group to group
    std::size_t slot_lists = 0;                     // of them, used in this one
    std::vector<std::uint32_t> raw_sizes;
    ByteWriter raw;
    bool has_plain = false;
    std::uint64_t last_entry = 0;
    const std::uint64_t* last_words = nullptr;
  };

  void AddPlainText(const HeadColumn& source, Column& column, std::uint32_t at);
  static void Reset(Column& column);

  const Head& head_;
  std::vector<Column> columns_;
  std::vector<std::uint32_t> used_;  // columns with values in this group
  std::vector<FilterToken> tokens_;
  ByteWriter out_;
  std::uint16_t group_ = 0;
  std::uint64_t entry_ = 0;
  std::size_t raw_bytes_ = 0;
};

}  // namespace pugmark::engine
