#include "storage/rocks/segment/segment_meta.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "storage/rocks/head/head_column.h"

namespace pugmark::engine {
namespace {

Error Damaged(const char* what) {
  return {ErrorCode::kDataLoss, std::string("segment ") + what + " is malformed"};
}

// The version byte that every chunk starts with.
void OpenChunk(ByteReader& in) {
  if (in.Byte() != kSegmentVersion) {
    in.Fail();
  }
}

std::int64_t WrappingAdd(std::int64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + b);
}

template <typename Edge, typename T>
std::vector<std::uint64_t> Pick(const std::vector<Edge>& list, T Edge::*member) {
  std::vector<std::uint64_t> picked;
  picked.reserve(list.size());
  for (const Edge& item : list) {
    picked.push_back(static_cast<std::uint64_t>(item.*member));
  }
  return picked;
}

}  // namespace

std::uint32_t TraceKeyHash(std::string_view tenant, TraceId id) {
  const std::uint64_t hash = Mix(id.high ^ (id.low * 31));
  const std::uint64_t salted = tenant.empty() ? hash : Mix(hash ^ HashText(tenant));
  return static_cast<std::uint32_t>(salted >> 32);
}

bool SegmentHeader::MayHold(std::uint32_t trace_hash) const {
  const std::uint64_t hash = BloomHash(trace_hash);
  const std::uint64_t* const line = &bloom[SpreadOver(hash, bloom.size() / 8) * 8];
  bool all = true;
  ForEachLineBit<kBloomProbes>(
      Mix(hash), [&](unsigned bit) { all &= (line[bit / 64] >> (bit % 64) & 1) != 0; });
  return all;
}

void EncodeHeader(ByteWriter& out, const SegmentHeader& header) {
  out.Byte(kSegmentVersion);
  out.Varint(header.rows);
  out.Varint(header.entries);
  out.Fixed(header.min_start_ns);
  out.Fixed(header.max_start_ns);
  out.Varint(header.index_pages);
  out.Varint(header.filter_pages);
  out.Varint(header.groups.size());
  for (const GroupBounds& group : header.groups) {
    out.Varint(group.rows);
    out.Varint(group.entries);
    out.Varint(group.tenant);
    out.Fixed(group.min_start_ns);
    out.Fixed(group.max_start_ns);
  }
  out.Varint(header.bloom.size());
  for (const std::uint64_t word : header.bloom) {
    out.Fixed(word);
  }
}

Result<SegmentHeader> DecodeHeader(std::string_view chunk) {
  ByteReader in(chunk);
  OpenChunk(in);
  SegmentHeader header;
  header.rows = static_cast<std::uint32_t>(in.VarintUpTo(kMostSegmentEntries));
  header.entries = static_cast<std::uint32_t>(in.VarintUpTo(header.rows));
  header.min_start_ns = in.Fixed<std::int64_t>();
  header.max_start_ns = in.Fixed<std::int64_t>();
  header.index_pages = static_cast<std::uint32_t>(in.VarintUpTo(0xffff));
  header.filter_pages = static_cast<std::uint32_t>(in.VarintUpTo(0xffff));
  header.groups.resize(
      static_cast<std::size_t>(in.VarintUpTo(std::min<std::uint64_t>(kMostGroups, in.left()))));
  std::uint64_t rows = 0;
  std::uint64_t entries = 0;
  for (GroupBounds& group : header.groups) {
    group.rows = static_cast<std::uint32_t>(in.VarintUpTo(kMostGroupRows));
    group.entries = static_cast<std::uint32_t>(in.VarintUpTo(group.rows));
    group.tenant = static_cast<std::uint32_t>(in.VarintUpTo(0xffffff));
    group.min_start_ns = in.Fixed<std::int64_t>();
    group.max_start_ns = in.Fixed<std::int64_t>();
    group.first_entry = static_cast<std::uint32_t>(entries);
    rows += group.rows;
    entries += group.entries;
  }
  header.bloom.resize(static_cast<std::size_t>(in.VarintUpTo(in.left() / 8)));
  for (std::uint64_t& word : header.bloom) {
    word = in.Fixed<std::uint64_t>();
  }
  if (!in.Complete() || rows != header.rows || entries != header.entries ||
      header.bloom.size() % 8 != 0 || header.bloom.empty() || header.index_pages == 0) {
    return Damaged("header");
  }
  return header;
}

std::size_t SegmentSchema::bytes() const {
  std::size_t held = sizeof *this + text.capacity() +
                     schema.operations.size() * sizeof(OperationInfo) +
                     schema.resources.size() * sizeof(ResourceInfo) +
                     schema.columns.size() * (sizeof(ColumnInfo) + 8);
  for (const Shape& shape : schema.shapes) {
    held += sizeof shape + shape.columns.size() * 4;
  }
  for (std::size_t i = 0; i < constants.size(); ++i) {
    held += sizeof(SpanType) + 2 * sizeof constants[i] +
            (constants[i].size() + varying_columns[i].size()) * 4;
  }
  return held;
}

void EncodeSchema(ByteWriter& out, BlockEncoder& encoder, const SegmentSchema& full) {
  const Schema& schema = full.schema;
  std::vector<std::uint32_t> sizes;
  ByteWriter texts;
  const auto add = [&](std::string_view text) {
    sizes.push_back(static_cast<std::uint32_t>(text.size()));
    texts.Bytes(text);
  };
  std::for_each(schema.tenants.begin(), schema.tenants.end(), add);
  std::for_each(schema.services.begin(), schema.services.end(), add);
  for (const OperationInfo& operation : schema.operations) {
    add(operation.name);
  }
  std::for_each(schema.event_names.begin(), schema.event_names.end(), add);
  for (const ResourceInfo& resource : schema.resources) {
    add(resource.encoded);
  }
  std::for_each(schema.scopes.begin(), schema.scopes.end(), add);
  for (const ColumnInfo& column : schema.columns) {
    add(column.key);
  }
  ByteWriter numbers;
  for (const std::size_t count :
       {schema.tenants.size(), schema.services.size(), schema.operations.size(),
        schema.event_names.size(), schema.resources.size(), schema.scopes.size()}) {
    numbers.Varint(count);
  }
  for (const OperationInfo& operation : schema.operations) {
    numbers.Varint(operation.tenant);
    numbers.Varint(operation.service);
  }
  for (const ResourceInfo& resource : schema.resources) {
    numbers.Varint(resource.service);
  }
  numbers.Varint(schema.columns.size());
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    numbers.Byte(static_cast<std::uint8_t>(schema.columns[i].level));
    numbers.Byte(static_cast<std::uint8_t>(schema.columns[i].field));
    numbers.Byte(static_cast<std::uint8_t>(schema.columns[i].type));
    numbers.Byte(full.has_plain[i] ? 1 : 0);
    numbers.Varint(full.dictionary_sizes[i]);
  }
  numbers.Varint(schema.shapes.size());
  for (const Shape& shape : schema.shapes) {
    numbers.Varint(shape.attribute_count);
    numbers.Varint(shape.columns.size());
    for (const std::uint32_t column : shape.columns) {
      numbers.Varint(column);
    }
  }
  numbers.Varint(schema.types.size());
  for (std::size_t i = 0; i < schema.types.size(); ++i) {
    const SpanType& type = schema.types[i];
    numbers.Varint(type.operation);
    numbers.Varint(type.scope);
    numbers.Varint(type.shape);
    numbers.Byte(static_cast<std::uint8_t>(type.kind));
    numbers.Byte(static_cast<std::uint8_t>(type.status));
    numbers.Byte(static_cast<std::uint8_t>(type.format));
    for (const std::uint32_t constant : full.constants[i]) {
      numbers.Varint(constant == kVaries ? 0 : std::uint64_t{constant} + 1);
    }
  }
  out.Byte(kSegmentVersion);
  encoder.Integers(out, sizes);
  encoder.Block(out, texts.view());
  encoder.Block(out, numbers.view());
}

namespace {

// Takes a schema apart in the order EncodeSchema wrote it.
class SchemaDecoder {
 public:
  SchemaDecoder(ByteReader numbers, const std::vector<std::uint32_t>& sizes, SegmentSchema& out)
      : in_(numbers), sizes_(sizes), out_(out), schema_(out.schema), texts_(View(out.text)) {}

  bool Run() {
    schema_.tenants.resize(Count());
    schema_.services.resize(Count());
    schema_.operations.resize(Count());
    schema_.event_names.resize(Count());
    schema_.resources.resize(Count());
    schema_.scopes.resize(Count());
    if (in_.failed()) {
      return false;
    }
    TakeTexts(schema_.tenants);
    TakeTexts(schema_.services);
    for (OperationInfo& operation : schema_.operations) {
      operation.name = TakeText();
      operation.tenant = Number(schema_.tenants.size());
      operation.service = Number(schema_.services.size());
    }
    TakeTexts(schema_.event_names);
    out_.service_resources.resize(schema_.services.size());
    for (ResourceInfo& resource : schema_.resources) {
      resource.encoded = TakeText();
      resource.service = Number(schema_.services.size());
      if (in_.failed()) {
        return false;
      }
      auto& siblings = out_.service_resources[resource.service];
      resource.ordinal = static_cast<std::uint32_t>(siblings.size());
      siblings.push_back(static_cast<std::uint32_t>(&resource - schema_.resources.data()));
    }
    TakeTexts(schema_.scopes);
    Columns();
    Shapes();
    Types();
    return in_.Complete() && texts_.empty() && next_size_ == sizes_.size();
  }

 private:
  static std::string_view View(const std::vector<char>& text) { return {text.data(), text.size()}; }

  std::size_t Count() { return static_cast<std::size_t>(in_.VarintUpTo(sizes_.size())); }
  // A number below `size`.
  std::uint32_t Number(std::size_t size) {
    const std::uint64_t number = in_.Varint();
    if (number >= size) {
      in_.Fail();
      return 0;
    }
    return static_cast<std::uint32_t>(number);
  }
  std::string_view TakeText() {
    if (next_size_ >= sizes_.size() || sizes_[next_size_] > texts_.size()) {
      in_.Fail();
      return {};
    }
    const std::string_view text = texts_.substr(0, sizes_[next_size_++]);
    texts_.remove_prefix(text.size());
    return text;
  }
  void TakeTexts(std::vector<std::string_view>& list) {
    for (std::string_view& text : list) {
      text = TakeText();
    }
  }

  void Columns() {
    const std::uint64_t count = in_.VarintUpTo(std::min<std::uint64_t>(kMostColumns, in_.left()));
    for (std::uint64_t i = 0; i < count && !in_.failed(); ++i) {
      const std::uint8_t level = in_.Byte();
      const std::uint8_t field = in_.Byte();
      const std::uint8_t type = in_.Byte();
      if (level > static_cast<std::uint8_t>(ColumnLevel::kEvent) ||
          field > static_cast<std::uint8_t>(kLastColumnField) ||
          type > static_cast<std::uint8_t>(ValueType::kMap)) {
        in_.Fail();
      }
      schema_.columns.push_back({static_cast<ColumnLevel>(level), static_cast<ColumnField>(field),
                                 static_cast<ValueType>(type), TakeText()});
      out_.has_plain.push_back(in_.Byte() != 0);
      out_.dictionary_sizes.push_back(static_cast<std::uint32_t>(in_.VarintUpTo(kPlainBit)));
    }
  }

  void Shapes() {
    schema_.shapes.resize(static_cast<std::size_t>(in_.VarintUpTo(in_.left())));
    for (Shape& shape : schema_.shapes) {
      shape.attribute_count = static_cast<std::uint32_t>(in_.Varint());
      shape.columns.resize(static_cast<std::size_t>(in_.VarintUpTo(in_.left())));
      for (std::uint32_t& column : shape.columns) {
        column = Number(schema_.columns.size());
      }
      if (shape.attribute_count > shape.columns.size()) {
        in_.Fail();
        return;
      }
    }
  }

  void Types() {
    const auto count = static_cast<std::size_t>(in_.VarintUpTo(in_.left()));
    for (std::size_t i = 0; i < count && !in_.failed(); ++i) {
      SpanType type;
      type.operation = Number(schema_.operations.size());
      type.scope = Number(schema_.scopes.size() + 1);
      type.shape = Number(schema_.shapes.size());
      const std::uint8_t kind = in_.Byte();
      const std::uint8_t status = in_.Byte();
      const std::uint8_t format = in_.Byte();
      if (kind > static_cast<std::uint8_t>(SpanKind::kConsumer) ||
          status > static_cast<std::uint8_t>(StatusCode::kError) ||
          format > static_cast<std::uint8_t>(SourceFormat::kZipkin)) {
        in_.Fail();
      }
      if (in_.failed()) {
        return;
      }
      type.kind = static_cast<SpanKind>(kind);
      type.status = static_cast<StatusCode>(status);
      type.format = static_cast<SourceFormat>(format);
      schema_.types.push_back(type);
      std::vector<std::uint32_t>& constants = out_.constants.emplace_back();
      std::vector<std::uint32_t>& varying = out_.varying_columns.emplace_back();
      for (const std::uint32_t column : schema_.shapes[type.shape].columns) {
        const std::uint64_t code = in_.VarintUpTo(out_.dictionary_sizes[column]);
        constants.push_back(code == 0 ? kVaries : static_cast<std::uint32_t>(code - 1));
        if (code == 0) {
          varying.push_back(column);
        }
      }
    }
  }

  ByteReader in_;
  const std::vector<std::uint32_t>& sizes_;
  SegmentSchema& out_;
  Schema& schema_;
  std::string_view texts_;
  std::size_t next_size_ = 0;
};

}  // namespace

Result<SegmentSchema> DecodeSchema(std::string_view chunk, BlockDecoder& decoder) {
  ByteReader in(chunk);
  OpenChunk(in);
  SegmentSchema schema;
  std::vector<std::uint32_t> sizes;
  std::vector<char> numbers;
  if (!decoder.Integers(in, kMostChunkBytes, sizes) ||
      !decoder.Block(in, kMostChunkBytes, schema.text) ||
      !decoder.Block(in, kMostChunkBytes, numbers) || !in.Complete()) {
    return Damaged("schema");
  }
  if (!SchemaDecoder(ByteReader({numbers.data(), numbers.size()}), sizes, schema).Run()) {
    return Damaged("schema");
  }
  return schema;
}

void EncodeEdges(ByteWriter& out, BlockEncoder& encoder, const SegmentEdges& edges,
                 std::int64_t min_start_ns) {
  out.Byte(kSegmentVersion);
  encoder.Integers(out, Pick(edges.edges, &SegmentEdge::tenant));
  encoder.Integers(out, Pick(edges.edges, &SegmentEdge::parent_service));
  encoder.Integers(out, Pick(edges.edges, &SegmentEdge::child_service));
  encoder.Integers(out, Pick(edges.edges, &SegmentEdge::calls));
  encoder.Integers(out, Pick(edges.edges, &SegmentEdge::errors));
  encoder.Integers(out, Pick(edges.edges, &SegmentEdge::duration_ns));
  std::vector<std::uint64_t> entries;
  std::vector<std::uint64_t> starts;
  std::vector<std::uint64_t> durations;
  ByteWriter parents;
  std::uint32_t last_entry = 0;
  for (const DanglingSpan& span : edges.dangling) {
    entries.push_back(span.entry - last_entry);
    last_entry = span.entry;
    starts.push_back(static_cast<std::uint64_t>(span.start_ns) -
                     static_cast<std::uint64_t>(min_start_ns));
    durations.push_back(ZigZag(span.duration_ns));
    parents.Fixed(span.parent_span_id);
  }
  encoder.Integers(out, entries);
  encoder.Integers(out, Pick(edges.dangling, &DanglingSpan::type));
  encoder.Integers(out, starts);
  encoder.Integers(out, durations);
  BlockEncoder::RawBlock(out, parents.view());
}

Result<SegmentEdges> DecodeEdges(std::string_view chunk, BlockDecoder& decoder,
                                 const SegmentHeader& header, const Schema& schema) {
  ByteReader in(chunk);
  OpenChunk(in);
  SegmentEdges result;
  std::vector<std::uint64_t> columns[10];
  for (std::size_t i = 0; i < std::size(columns); ++i) {
    const std::size_t first = i < 6 ? 0 : 6;
    if (!decoder.Integers(in, header.rows, columns[i]) ||
        columns[i].size() != columns[first].size()) {
      return Damaged("edge list");
    }
  }
  std::vector<char> parents;
  if (!decoder.Block(in, std::uint64_t{8} * columns[6].size(), parents) || !in.Complete() ||
      parents.size() != 8 * columns[6].size()) {
    return Damaged("edge list");
  }
  for (std::size_t i = 0; i < columns[0].size(); ++i) {
    if (columns[0][i] >= schema.tenants.size() || columns[1][i] >= schema.services.size() ||
        columns[2][i] >= schema.services.size()) {
      return Damaged("edge list");
    }
    result.edges.push_back(
        {static_cast<std::uint32_t>(columns[0][i]), static_cast<std::uint32_t>(columns[1][i]),
         static_cast<std::uint32_t>(columns[2][i]), columns[3][i], columns[4][i], columns[5][i]});
  }
  std::uint64_t entry = 0;
  for (std::size_t i = 0; i < columns[6].size(); ++i) {
    entry += columns[6][i];
    if (entry >= header.entries || columns[7][i] >= schema.types.size()) {
      return Damaged("edge list");
    }
    result.dangling.push_back(
        {static_cast<std::uint32_t>(entry), static_cast<std::uint32_t>(columns[7][i]),
         LoadLittle<std::uint64_t>(parents.data() + 8 * i),
         WrappingAdd(header.min_start_ns, columns[8][i]), UnZigZag(columns[9][i])});
  }
  return result;
}

}  // namespace pugmark::engine
