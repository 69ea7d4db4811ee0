#include "storage/rocks/segment/segment_builder.h"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "storage/rocks/segment/group_columns.h"

namespace pugmark::engine {
namespace {

constexpr std::int64_t kMicro = 1'000;
// Traces that began this long before nearly all others get groups of their own: one of them would
// stretch the time bounds of its group, and every search would have to look at it.
constexpr std::int64_t kStragglerGapNs = 10'000'000'000;
constexpr std::size_t kStragglerShare = 50;  // one in
// Above this, parents within an entry are found by hash rather than by looking at all its rows.
constexpr std::size_t kSmallEntry = 16;

std::uint64_t Distance(std::int64_t from, std::int64_t to) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

// Makes signed values small unsigned ones: in units of a microsecond where nothing is lost by it,
// and zigzag where any is negative. Returns the flags that say so.
std::uint8_t Shrink(std::vector<std::uint64_t>& values) {
  bool has_negative = false;
  bool is_micros = true;
  for (const std::uint64_t value : values) {
    const auto number = static_cast<std::int64_t>(value);
    has_negative |= number < 0;
    is_micros &= number % kMicro == 0;
  }
  for (std::uint64_t& value : values) {
    auto number = static_cast<std::int64_t>(value);
    number = is_micros ? number / kMicro : number;
    value = has_negative ? ZigZag(number) : static_cast<std::uint64_t>(number);
  }
  return static_cast<std::uint8_t>((is_micros ? kUnitMicros : 0) | (has_negative ? kZigZagged : 0));
}

// Exact copies of a span within a head, which are rare: candidates are found by their numbers and
// compared as whole spans.
bool SameRows(const Head& head, std::uint32_t a, std::uint32_t b) {
  if (head.rows[a].type != head.rows[b].type || head.rows[a].resource != head.rows[b].resource ||
      head.rows[a].duration_ns != head.rows[b].duration_ns ||
      head.rows[a].parent_span_id != head.rows[b].parent_span_id ||
      head.rows[a].event_count != head.rows[b].event_count) {
    return false;
  }
  Arena arena(std::size_t{256} << 20);
  SpanAssembler assembler(head.schema(), arena);
  HeadRowSource source_a(head, a);
  HeadRowSource source_b(head, b);
  Span span_a;
  Span span_b;
  return assembler.Assemble(source_a.Core(), source_a, span_a) &&
         assembler.Assemble(source_b.Core(), source_b, span_b) && SameSpan(span_a, span_b);
}

class Builder {
 public:
  Builder(const Head& head, const SegmentOptions& options)
      : head_(head), options_(options), columns_(head) {}

  SegmentImage Run() {
    FindVaryingPositions();
    OrderTraces();
    CollectRows();
    StartGroup();
    for (std::size_t i = 0; i < traces_.size(); ++i) {
      AddTrace(i);
    }
    FlushGroup();
    AddTraceIndex();
    AddTokenFilter();
    AddSchema();
    AddDictionaries();
    AddEdges();
    ByteWriter out;
    EncodeHeader(out, image_.header);
    Put(kSegmentGroup, kHeaderChunk, out.view());
    std::sort(image_.chunks.begin(), image_.chunks.end(),
              [](const SegmentChunkData& a, const SegmentChunkData& b) {
                return std::tie(a.group, a.chunk) < std::tie(b.group, b.chunk);
              });
    return std::move(image_);
  }

 private:
  struct OrderedTrace {
    std::uint32_t tenant = 0;
    bool is_straggler = false;
    std::int64_t min_start_ns = 0;
    std::uint32_t trace = 0;
    std::size_t first_row = 0;  // in row_order_
  };

  void Put(std::uint16_t group, std::uint16_t chunk, std::string_view bytes) {
    image_.chunks.push_back({group, chunk, std::string(bytes)});
  }

  void FindVaryingPositions() {
    const Schema& schema = head_.schema();
    varying_.resize(schema.types.size());
    for (std::uint32_t type = 0; type < schema.types.size(); ++type) {
      const auto count =
          static_cast<std::uint32_t>(schema.shapes[schema.types[type].shape].columns.size());
      for (std::uint32_t i = 0; i < count; ++i) {
        if (head_.last_value(type, i).has_varied) {
          varying_[type].push_back(i);
        }
      }
    }
  }

  void OrderTraces() {
    traces_.resize(head_.traces.size());
    std::vector<std::int64_t> starts(traces_.size());
    for (std::uint32_t i = 0; i < traces_.size(); ++i) {
      starts[i] = head_.traces[i].min_start_ns;
      traces_[i] = {head_.traces[i].tenant, false, starts[i], i, 0};
    }
    const auto early =
        starts.begin() + static_cast<std::ptrdiff_t>(starts.size() / kStragglerShare);
    std::nth_element(starts.begin(), early, starts.end());
    const std::int64_t bound = SaturatingAdd(*early, -kStragglerGapNs);
    for (OrderedTrace& trace : traces_) {
      trace.is_straggler = trace.min_start_ns < bound;
    }
    std::sort(traces_.begin(), traces_.end(), [](const OrderedTrace& a, const OrderedTrace& b) {
      return std::tie(a.tenant, b.is_straggler, a.min_start_ns, a.trace) <
             std::tie(b.tenant, a.is_straggler, b.min_start_ns, b.trace);
    });
  }

  // Rows by trace, within a trace by start; a counting sort and short insertion sorts.
  void CollectRows() {
    std::vector<std::size_t> next(head_.traces.size());
    std::size_t at = 0;
    for (OrderedTrace& trace : traces_) {
      trace.first_row = at;
      next[trace.trace] = at;
      at += head_.traces[trace.trace].row_count;
    }
    row_order_.resize(head_.rows.size());
    for (std::uint32_t row = 0; row < head_.rows.size(); ++row) {
      row_order_[next[head_.rows[row].trace]++] = row;
    }
  }

  [[nodiscard]] bool Earlier(std::uint32_t a, std::uint32_t b) const {
    const HeadRow& x = head_.rows[a];
    const HeadRow& y = head_.rows[b];
    return x.start_ns != y.start_ns ? x.start_ns < y.start_ns : x.span_id < y.span_id;
  }

  void SortByStart(std::span<std::uint32_t> rows) const {
    const auto earlier = [this](std::uint32_t a, std::uint32_t b) { return Earlier(a, b); };
    if (rows.size() > 64) {
      std::stable_sort(rows.begin(), rows.end(), earlier);
      return;
    }
    for (std::size_t i = 1; i < rows.size(); ++i) {
      const std::uint32_t row = rows[i];
      std::size_t j = i;
      for (; j > 0 && Earlier(row, rows[j - 1]); --j) {
        rows[j] = rows[j - 1];
      }
      rows[j] = row;
    }
  }

  // Leaves out exact copies; `rows` is sorted.
  std::span<std::uint32_t> WithoutDuplicates(std::span<std::uint32_t> rows) {
    std::size_t kept = rows.empty() ? 0 : 1;
    for (std::size_t i = 1; i < rows.size(); ++i) {
      bool is_copy = false;
      for (std::size_t j = kept; j-- > 0 && !is_copy;) {
        const HeadRow& before = head_.rows[rows[j]];
        const HeadRow& row = head_.rows[rows[i]];
        if (before.start_ns != row.start_ns || before.span_id != row.span_id) {
          break;
        }
        is_copy = SameRows(head_, rows[j], rows[i]);
      }
      if (!is_copy) {
        rows[kept++] = rows[i];
      }
    }
    image_.duplicates += static_cast<std::uint32_t>(rows.size() - kept);
    return rows.first(kept);
  }

  void AddTrace(std::size_t index) {
    const OrderedTrace& trace = traces_[index];
    std::span<std::uint32_t> rows =
        std::span(row_order_).subspan(trace.first_row, head_.traces[trace.trace].row_count);
    SortByStart(rows);
    rows = WithoutDuplicates(rows);
    const bool changes_group = index > 0 && (traces_[index - 1].tenant != trace.tenant ||
                                             traces_[index - 1].is_straggler != trace.is_straggler);
    if (group_rows_ > 0 && (changes_group || group_rows_ + rows.size() > options_.group_rows)) {
      FlushGroup();
      StartGroup();
    }
    group_tenant_ = trace.tenant;
    while (!rows.empty()) {
      const std::size_t taken =
          AddEntry(trace, rows.first(std::min<std::size_t>(rows.size(), options_.group_rows)));
      rows = rows.subspan(taken);
      if (!rows.empty() || columns_.raw_bytes() >= kMostGroupRawBytes) {
        FlushGroup();
        StartGroup();
      }
    }
  }

  void StartGroup() {
    ++group_;
    group_rows_ = 0;
    columns_.StartGroup(group_);
  }

  // Adds rows as one entry until they are used up or the group has too many bytes; returns how
  // many.
  std::size_t AddEntry(const OrderedTrace& trace, std::span<const std::uint32_t> rows) {
    columns_.StartEntry();
    ++entry_stamp_;
    const TraceId id = head_.traces[trace.trace].id;
    ids_out_.Fixed(id.high);
    ids_out_.Fixed(id.low);
    const std::int64_t first_start = head_.rows[rows.front()].start_ns;
    if (group_rows_ == 0) {
      group_first_start_ = first_start;
      last_entry_start_ = first_start;
      group_min_ = first_start;
      group_max_ = first_start;
    }
    entry_starts_.push_back(Distance(last_entry_start_, first_start));
    last_entry_start_ = first_start;
    std::size_t taken = 0;
    // Parents are looked for among all of the rows, before it is known where the group is cut; only
    // those taken count.
    IndexSpanIds(rows);
    while (taken < rows.size() && (taken == 0 || columns_.raw_bytes() < kMostGroupRawBytes)) {
      AddRow(rows, taken, first_start);
      ++taken;
    }
    for (std::size_t i = 0; i < taken; ++i) {
      AddParent(rows, taken, i);
    }
    entry_rows_.push_back(static_cast<std::uint32_t>(taken));
    entry_hashes_.push_back(TraceKeyHash(head_.schema().tenants[trace.tenant], id));
    group_rows_ += static_cast<std::uint32_t>(taken);
    return taken;
  }

  void AddRow(std::span<const std::uint32_t> rows, std::size_t index, std::int64_t first_start) {
    const HeadRow& row = head_.rows[rows[index]];
    types_.push_back(row.type);
    starts_.push_back(Distance(first_start, row.start_ns));
    durations_.push_back(static_cast<std::uint64_t>(row.duration_ns));
    group_min_ = std::min(group_min_, row.start_ns);
    group_max_ = std::max(group_max_, row.start_ns);
    AddResource(row);
    span_ids_.Fixed(row.span_id);
    const Shape& shape = head_.schema().shapes[head_.schema().types[row.type].shape];
    for (const std::uint32_t position : varying_[row.type]) {
      columns_.Add(shape.columns[position], head_.values[row.values_at + position]);
    }
    event_counts_.push_back(row.event_count);
    for (std::uint32_t i = 0; i < row.event_count; ++i) {
      AddEvent(head_.events[row.events_at + i], row.start_ns);
    }
  }

  void AddEvent(const HeadEvent& event, std::int64_t span_start) {
    event_names_.push_back(event.name);
    event_shapes_.push_back(event.shape);
    event_times_.push_back(Distance(span_start, event.time_ns));
    const Shape& shape = head_.schema().shapes[event.shape];
    for (std::size_t i = 0; i < shape.columns.size(); ++i) {
      columns_.Add(shape.columns[i], head_.values[event.values_at + i]);
    }
  }

  void AddResource(const HeadRow& row) {
    const ResourceInfo& resource = head_.schema().resources[row.resource];
    if (last_resources_.size() < head_.schema().services.size()) {
      last_resources_.resize(head_.schema().services.size());
    }
    LastResource& last = last_resources_[resource.service];
    const bool repeats = last.entry == entry_stamp_ && last.resource == row.resource;
    resources_.push_back(repeats ? 0 : resource.ordinal + 1);
    last = {entry_stamp_, row.resource};
  }

  void IndexSpanIds(std::span<const std::uint32_t> rows) {
    span_index_.clear();
    if (rows.size() <= kSmallEntry) {
      return;
    }
    span_index_.assign(std::bit_ceil(rows.size() * 2), kNotFound);
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      std::uint32_t& slot = SlotOf(rows, head_.rows[rows[i]].span_id);
      slot = std::min(slot, i);
    }
  }

  // Where the id is, or the free slot where it would go.
  std::uint32_t& SlotOf(std::span<const std::uint32_t> rows, SpanId id) {
    const std::size_t mask = span_index_.size() - 1;
    std::size_t at = Mix(id) & mask;
    while (span_index_[at] != kNotFound && head_.rows[rows[span_index_[at]]].span_id != id) {
      at = (at + 1) & mask;
    }
    return span_index_[at];
  }

  // The first of the `taken` rows of an entry that has this id; `taken` where none has.
  std::size_t FindSpan(std::span<const std::uint32_t> rows, std::size_t taken, SpanId id) {
    if (!span_index_.empty()) {
      return std::min<std::size_t>(SlotOf(rows, id), taken);
    }
    std::size_t i = 0;
    while (i < taken && head_.rows[rows[i]].span_id != id) {
      ++i;
    }
    return i;
  }

  void AddParent(std::span<const std::uint32_t> rows, std::size_t taken, std::size_t index) {
    const HeadRow& row = head_.rows[rows[index]];
    if (row.parent_span_id == 0) {
      parent_codes_.Byte(kParentNone);
      return;
    }
    const std::size_t found = FindSpan(rows, taken, row.parent_span_id);
    if (found == taken) {
      edges_.dangling.push_back({static_cast<std::uint32_t>(entry_hashes_.size()), row.type,
                                 row.parent_span_id, row.start_ns, row.duration_ns});
    } else {
      CountCall(head_.rows[rows[found]], row);
    }
    const auto distance = static_cast<std::int64_t>(index) - static_cast<std::int64_t>(found);
    if (found != taken && distance > 0 && distance <= kMostParentDistance) {
      parent_codes_.Byte(static_cast<std::uint8_t>(kParentExplicit + distance));
    } else if (found != taken && distance < 0 && distance >= -kMostParentDistance) {
      parent_codes_.Byte(static_cast<std::uint8_t>(128 - distance));
    } else {
      parent_codes_.Byte(kParentExplicit);
      explicit_parents_.Fixed(row.parent_span_id);
    }
  }

  void CountCall(const HeadRow& parent, const HeadRow& child) {
    const Schema& schema = head_.schema();
    const std::uint32_t from = schema.ServiceOf(parent.type);
    const OperationInfo& to = schema.OperationOf(child.type);
    if (from == to.service) {
      return;
    }
    SegmentEdge& edge = edge_sums_[{to.tenant, from, to.service}];
    ++edge.calls;
    edge.errors += schema.types[child.type].status == StatusCode::kError ? 1 : 0;
    edge.duration_ns += static_cast<std::uint64_t>(child.duration_ns);
  }

  void PutTimes(ByteWriter& out, std::vector<std::uint64_t>& values) {
    out.Byte(Shrink(values));
    encoder_.Integers(out, values);
  }

  void FlushGroup() {
    if (group_rows_ == 0) {
      return;
    }
    ByteWriter out;
    const auto begin = [&] {
      out.Clear();
      out.Byte(kSegmentVersion);
    };
    begin();
    BlockEncoder::RawBlock(out, ids_out_.view());
    encoder_.Integers(out, entry_rows_);
    out.Fixed(group_first_start_);
    PutTimes(out, entry_starts_);
    Put(group_, kEntriesChunk, out.view());
    begin();
    encoder_.Integers(out, types_);
    Put(group_, kTypesChunk, out.view());
    begin();
    PutTimes(out, starts_);
    Put(group_, kStartsChunk, out.view());
    begin();
    PutTimes(out, durations_);
    Put(group_, kDurationsChunk, out.view());
    begin();
    encoder_.Integers(out, resources_);
    Put(group_, kResourcesChunk, out.view());
    begin();
    BlockEncoder::RawBlock(out, span_ids_.view());
    encoder_.Block(out, parent_codes_.view());
    BlockEncoder::RawBlock(out, explicit_parents_.view());
    Put(group_, kIdsChunk, out.view());
    FlushEvents(out);
    columns_.Flush(encoder_, image_.chunks);
    NoteGroup();
    ClearGroup();
  }

  void FlushEvents(ByteWriter& out) {
    out.Clear();
    out.Byte(kSegmentVersion);
    encoder_.Integers(out, event_counts_);
    encoder_.Integers(out, event_names_);
    encoder_.Integers(out, event_shapes_);
    PutTimes(out, event_times_);
    Put(group_, kEventsChunk, out.view());
  }

  void NoteGroup() {
    SegmentHeader& header = image_.header;
    GroupBounds bounds;
    bounds.rows = group_rows_;
    bounds.entries = static_cast<std::uint32_t>(entry_rows_.size());
    bounds.first_entry = header.entries;
    bounds.tenant = group_tenant_;
    bounds.min_start_ns = group_min_;
    bounds.max_start_ns = group_max_;
    const bool is_first = header.groups.empty();
    header.min_start_ns = is_first ? group_min_ : std::min(header.min_start_ns, group_min_);
    header.max_start_ns = is_first ? group_max_ : std::max(header.max_start_ns, group_max_);
    header.rows += bounds.rows;
    header.entries += bounds.entries;
    header.groups.push_back(bounds);
  }

  void ClearGroup() {
    ids_out_.Clear();
    entry_rows_.clear();
    entry_starts_.clear();
    types_.clear();
    starts_.clear();
    durations_.clear();
    resources_.clear();
    span_ids_.Clear();
    parent_codes_.Clear();
    explicit_parents_.Clear();
    event_counts_.clear();
    event_names_.clear();
    event_shapes_.clear();
    event_times_.clear();
  }

  void AddTraceIndex() {
    const auto count = static_cast<std::uint32_t>(entry_hashes_.size());
    std::vector<std::uint64_t> sorted(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      sorted[i] = std::uint64_t{entry_hashes_[i]} << 32 | i;
    }
    std::sort(sorted.begin(), sorted.end());
    const std::uint32_t pages = count / kTracesPerIndexPage + 1;
    image_.header.index_pages = pages;
    ByteWriter out;
    std::size_t at = 0;
    for (std::uint32_t page = 0; page < pages; ++page) {
      std::size_t end = at;
      while (end < count && SpreadOver(sorted[end] & ~std::uint64_t{0xffffffff}, pages) == page) {
        ++end;
      }
      out.Clear();
      out.Byte(kSegmentVersion);
      out.Varint(end - at);
      for (std::size_t i = at; i < end; ++i) {
        out.Fixed(static_cast<std::uint32_t>(sorted[i] >> 32));
      }
      for (std::size_t i = at; i < end; ++i) {
        out.Fixed(static_cast<std::uint16_t>(sorted[i]));
        out.Byte(static_cast<std::uint8_t>(sorted[i] >> 16));
      }
      Put(kTraceIndex, static_cast<std::uint16_t>(page), out.view());
      at = end;
    }
    AddBloom();
  }

  void AddBloom() {
    std::vector<std::uint64_t>& bloom = image_.header.bloom;
    const std::size_t lines = entry_hashes_.size() * kBloomBitsPerTrace / 512 + 1;
    bloom.assign(lines * 8, 0);
    for (const std::uint32_t trace_hash : entry_hashes_) {
      const std::uint64_t hash = BloomHash(trace_hash);
      std::uint64_t* const line = &bloom[SpreadOver(hash, lines) * 8];
      ForEachLineBit<kBloomProbes>(
          Mix(hash), [line](unsigned bit) { line[bit / 64] |= std::uint64_t{1} << (bit % 64); });
    }
  }

  void AddTokenFilter() {
    const std::vector<FilterToken>& tokens = columns_.tokens();
    const std::size_t pages = tokens.size() * kFilterBitsPerToken / 8 / kFilterPageBytes + 1;
    image_.header.filter_pages = static_cast<std::uint32_t>(std::min<std::size_t>(pages, 0xffff));
    const std::uint64_t lines = image_.header.filter_pages * kFilterLinesPerPage;
    std::vector<std::uint64_t> filter(lines * 8);
    for (const FilterToken& token : tokens) {
      const std::uint64_t mixed = Mix(token.token);
      std::uint64_t* const line = &filter[SpreadOver(mixed, lines) * 8];
      ForEachLineBit<kFilterProbes>(TokenGroupBits(mixed, token.group), [line](unsigned bit) {
        line[bit / 64] |= std::uint64_t{1} << (bit % 64);
      });
    }
    for (std::uint32_t page = 0; page < image_.header.filter_pages; ++page) {
      std::string bytes(1, static_cast<char>(kSegmentVersion));
      bytes.append(reinterpret_cast<const char*>(filter.data()) + page * kFilterPageBytes,
                   kFilterPageBytes);
      Put(kTokenFilter, static_cast<std::uint16_t>(page), bytes);
    }
  }

  void AddSchema() {
    SegmentSchema schema;
    schema.schema = head_.schema();
    for (std::uint32_t type = 0; type < varying_.size(); ++type) {
      const Shape& shape = schema.schema.shapes[schema.schema.types[type].shape];
      std::vector<std::uint32_t>& constants = schema.constants.emplace_back();
      for (std::uint32_t i = 0; i < shape.columns.size(); ++i) {
        const LastValue& last = head_.last_value(type, i);
        constants.push_back(last.has_varied ? kVaries : last.code);
      }
    }
    for (const HeadColumn& column : head_.columns) {
      schema.dictionary_sizes.push_back(static_cast<std::uint32_t>(column.dictionary_size()));
      schema.has_plain.push_back(!column.words.empty());
    }
    ByteWriter out;
    EncodeSchema(out, encoder_, schema);
    Put(kSegmentGroup, kSchemaChunk, out.view());
  }

  void AddDictionaries() {
    ByteWriter out;
    for (std::uint32_t i = 0; i < head_.columns.size(); ++i) {
      const HeadColumn& column = head_.columns[i];
      if (column.dictionary_size() == 0 && column.patterns.size() == 0) {
        continue;
      }
      out.Clear();
      out.Byte(kSegmentVersion);
      if (column.is_number) {
        encoder_.Integers(out, column.numbers);
      } else {
        AddTexts(out, column.texts.texts());
        AddTexts(out, column.patterns.texts());
      }
      Put(kSegmentGroup, static_cast<std::uint16_t>(kFirstColumnChunk + i), out.view());
    }
  }

  void AddTexts(ByteWriter& out, std::span<const std::string_view> texts) {
    std::vector<std::uint32_t> sizes;
    ByteWriter bytes;
    for (const std::string_view text : texts) {
      sizes.push_back(static_cast<std::uint32_t>(text.size()));
      bytes.Bytes(text);
    }
    encoder_.Integers(out, sizes);
    encoder_.Block(out, bytes.view());
  }

  void AddEdges() {
    for (auto& [key, edge] : edge_sums_) {
      std::tie(edge.tenant, edge.parent_service, edge.child_service) = key;
      edges_.edges.push_back(edge);
    }
    ByteWriter out;
    EncodeEdges(out, encoder_, edges_, image_.header.min_start_ns);
    Put(kSegmentGroup, kEdgesChunk, out.view());
  }

  struct LastResource {
    std::uint64_t entry = 0;
    std::uint32_t resource = 0;
  };

  const Head& head_;
  const SegmentOptions options_;
  SegmentImage image_;
  BlockEncoder encoder_;
  GroupColumns columns_;
  std::vector<std::vector<std::uint32_t>> varying_;  // positions, by type
  std::vector<OrderedTrace> traces_;
  std::vector<std::uint32_t> row_order_;
  std::vector<std::uint32_t> entry_hashes_;  // of the whole segment
  std::vector<LastResource> last_resources_;
  std::uint64_t entry_stamp_ = 0;
  std::vector<std::uint32_t> span_index_;  // open addressing by span id, of one large entry
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, SegmentEdge> edge_sums_;
  SegmentEdges edges_;
  // The group being filled.
  std::uint16_t group_ = 0;
  std::uint32_t group_rows_ = 0;
  std::uint32_t group_tenant_ = 0;
  std::int64_t group_first_start_ = 0;
  std::int64_t last_entry_start_ = 0;
  std::int64_t group_min_ = 0;
  std::int64_t group_max_ = 0;
  ByteWriter ids_out_;
  std::vector<std::uint32_t> entry_rows_;
  std::vector<std::uint64_t> entry_starts_;
  std::vector<std::uint32_t> types_;
  std::vector<std::uint64_t> starts_;
  std::vector<std::uint64_t> durations_;
  std::vector<std::uint32_t> resources_;
  ByteWriter span_ids_;
  ByteWriter parent_codes_;
  ByteWriter explicit_parents_;
  std::vector<std::uint32_t> event_counts_;
  std::vector<std::uint32_t> event_names_;
  std::vector<std::uint32_t> event_shapes_;
  std::vector<std::uint64_t> event_times_;
};

}  // namespace

std::size_t SegmentImage::bytes() const {
  std::size_t sum = 0;
  for (const SegmentChunkData& chunk : chunks) {
    sum += chunk.bytes.size() + SegmentChunkKey::kBytes;
  }
  return sum;
}

SegmentImage BuildSegment(const Head& head, const SegmentOptions& options) {
  return Builder(head, options).Run();
}

}  // namespace pugmark::engine
