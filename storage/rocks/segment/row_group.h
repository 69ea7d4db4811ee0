// One row group of a segment, decoded as far as it is looked at, and a cursor that puts its spans
// together.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "storage/rocks/columnar/span_assembler.h"
#include "storage/rocks/columnar/text_template.h"
#include "storage/rocks/segment/segment.h"

namespace pugmark::engine {

// The values of one column, as stored.
struct ColumnData {
  std::vector<std::uint32_t> ids;  // 0: plain
  std::vector<std::uint64_t> numbers;
  std::vector<std::uint32_t> patterns;
  std::vector<std::vector<std::uint64_t>> slots;
  std::vector<std::uint32_t> raw_sizes;
  std::vector<char> raw;
  const Dictionary* dictionary = nullptr;
};

// Thread safety: one thread at a time.
class RowGroup {
 public:
  // `index` is into the header's groups.
  RowGroup(std::shared_ptr<Segment> segment, std::shared_ptr<SegmentTables> tables,
           const SegmentHeader& header, std::size_t index)
      : segment_(std::move(segment)),
        tables_(std::move(tables)),
        bounds_(header.groups[index]),
        number_(static_cast<std::uint16_t>(index + 1)),
        columns_(tables_->columns()),
        dictionaries_(tables_->columns()) {}

  // Read one chunk each, at first use.
  Status LoadEntries();
  Status LoadTypes();
  Status LoadStarts();  // and entries
  Status LoadDurations();
  Status LoadResources();
  Status LoadIds();
  Status LoadEvents();
  // Null where no row of the group has a varying value in the column.
  Result<const ColumnData*> LoadColumn(std::uint32_t column);
  // Everything, in one pass.
  Status LoadAll();
  // The dictionary of a column, remembered; it lives as long as the group.
  Result<const Dictionary*> DictionaryOf(std::uint32_t column);

  [[nodiscard]] const SegmentTables& tables() const { return *tables_; }
  [[nodiscard]] const Schema& schema() const { return tables_->schema(); }
  [[nodiscard]] const GroupBounds& bounds() const { return bounds_; }
  [[nodiscard]] std::uint32_t rows() const { return bounds_.rows; }
  [[nodiscard]] std::uint32_t entries() const { return bounds_.entries; }

  // Of loaded chunks.
  [[nodiscard]] TraceId trace_id(std::uint32_t entry) const;
  [[nodiscard]] std::uint32_t first_row(std::uint32_t entry) const { return first_rows_[entry]; }
  [[nodiscard]] std::uint32_t end_row(std::uint32_t entry) const { return first_rows_[entry + 1]; }
  [[nodiscard]] const std::vector<std::uint32_t>& types() const { return types_; }
  // Needs LoadStarts. `entry` is the row's.
  [[nodiscard]] std::int64_t start_ns(std::uint32_t entry, std::uint32_t row) const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(entry_starts_[entry]) +
                                     static_cast<std::uint64_t>(starts_[row]));
  }
  [[nodiscard]] const std::vector<std::int64_t>& durations() const { return durations_; }
  [[nodiscard]] SpanId span_id(std::uint32_t row) const {
    return LoadLittle<SpanId>(span_ids_.data() + std::size_t{8} * row);
  }
  [[nodiscard]] const std::vector<std::uint32_t>& event_counts() const { return event_counts_; }
  [[nodiscard]] const std::vector<std::uint32_t>& event_shapes() const { return event_shapes_; }
  [[nodiscard]] const ColumnData* column(std::uint32_t number) const {
    return columns_[number].get();
  }
  // Decoded bytes, about.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  friend class RowCursor;

  Status Load(std::uint16_t chunk);
  Status Decode(std::uint16_t chunk, std::string_view bytes);
  bool DecodeEntries(ByteReader& in);
  bool DecodeIds(ByteReader& in);
  bool DecodeEvents(ByteReader& in);
  Status DecodeColumn(std::uint32_t column, ByteReader& in);
  bool DecodeTimes(ByteReader& in, std::uint64_t most, std::vector<std::int64_t>& out);

  const std::shared_ptr<Segment> segment_;
  const std::shared_ptr<SegmentTables> tables_;
  const GroupBounds bounds_;
  const std::uint16_t number_;
  std::uint32_t loaded_ = 0;  // bits by GroupChunk
  bool has_all_ = false;
  std::size_t bytes_ = 0;
  std::vector<char> trace_ids_;
  std::vector<std::uint32_t> first_rows_;
  std::vector<std::int64_t> entry_starts_;
  std::vector<std::uint32_t> types_;
  std::vector<std::int64_t> starts_;
  std::vector<std::int64_t> durations_;
  std::vector<std::uint32_t> resources_;
  std::vector<char> span_ids_;
  std::vector<char> parent_codes_;
  std::vector<char> explicit_parents_;
  std::vector<std::uint32_t> event_counts_;
  std::vector<std::uint32_t> event_names_;
  std::vector<std::uint32_t> event_shapes_;
  std::vector<std::int64_t> event_times_;
  std::vector<std::unique_ptr<ColumnData>> columns_;
  std::vector<bool> column_loaded_;
  std::vector<const Dictionary*> dictionaries_;
};

// Walks the values of one column. The column outlives it.
class ColumnCursor {
 public:
  using Buffer = std::array<char, kMostJoinedText>;

  // Past `count` values whose content nobody needs; what follows is the start of an entry.
  void Skip(const ColumnData& column, std::uint64_t count);
  // The next value; `entry` is a number of its own for each entry. `text` of the value lies in the
  // column, its dictionary, or `buffer`. False at the end and for malformed data.
  bool Next(const ColumnData& column, bool is_number, std::uint64_t entry, Buffer& buffer,
            ColumnValue& value);

 private:
  bool NextText(const ColumnData& column, std::uint64_t entry, Buffer& buffer, ColumnValue& value);
  void SkipPlain(const ColumnData& column, std::size_t count);

  std::size_t at_ = 0;
  std::size_t plain_at_ = 0;
  std::size_t raw_at_ = 0;
  std::size_t raw_offset_ = 0;
  std::vector<std::size_t> slot_at_;
  // The entry's last plain text.
  std::uint64_t entry_ = ~std::uint64_t{0};
  std::uint32_t pattern_ = kPatternRaw;
  std::array<std::uint64_t, kMostTemplateSlots> slots_{};
  std::string_view raw_;
};

// Puts spans of a row group together, row after row. Going forward is cheap. The group outlives it,
// with everything loaded.
class RowCursor {
 public:
  explicit RowCursor(RowGroup& group);

  // Fills `span` with a row that is not before the last one.
  Status Assemble(std::uint32_t row, SpanAssembler& assembler, Span& span);
  // The row that is next without skipping.
  [[nodiscard]] std::uint32_t row() const { return row_; }

  // For SpanAssembler.
  bool NextValue(std::uint32_t position, std::uint32_t column, ColumnValue& value);
  bool NextEvent(EventCore& event);
  bool NextEventValue(std::uint32_t position, std::uint32_t column, ColumnValue& value);

 private:
  void SkipTo(std::uint32_t row);
  bool StepOver();
  bool FindCore(RowCore& core);
  bool FromColumn(std::uint32_t column, ColumnValue& value);

  RowGroup& group_;
  const Schema& schema_;
  std::vector<ColumnCursor> cursors_;
  ColumnCursor::Buffer buffer_;
  std::uint32_t row_ = 0;
  std::uint32_t entry_ = 0;
  std::size_t explicit_at_ = 0;
  std::size_t event_at_ = 0;
  std::size_t current_event_ = 0;
  std::uint32_t type_ = 0;
  std::int64_t start_ns_ = 0;
  struct LastResource {
    std::uint32_t entry = 0xffffffffU;
    std::uint32_t resource = 0;
  };
  std::vector<LastResource> last_resources_;  // by service
};

}  // namespace pugmark::engine
