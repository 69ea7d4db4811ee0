#include "storage/rocks/segment/segment.h"

#include <algorithm>

namespace pugmark::engine {
namespace {

Error Damaged(std::string what) { return {ErrorCode::kDataLoss, "segment: " + std::move(what)}; }

// Contexts of the compression library are worth keeping; each thread that reads has one.
BlockDecoder& DecoderOfThread() {
  static thread_local BlockDecoder decoder;
  return decoder;
}

}  // namespace

Result<const Dictionary*> SegmentTables::DictionaryOf(std::uint32_t column) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Dictionary>& slot = dictionaries_[column];
  if (slot != nullptr) {
    return slot.get();
  }
  Result<std::optional<std::string>> chunk =
      source_->Read(kSegmentGroup, static_cast<std::uint16_t>(kFirstColumnChunk + column));
  if (!chunk) {
    return chunk.error();
  }
  if (!chunk->has_value()) {
    if (full_.dictionary_sizes[column] != 0) {
      return Damaged("a dictionary is missing");
    }
    slot = std::make_unique<Dictionary>();
    return slot.get();
  }
  Result<Dictionary> decoded =
      DecodeDictionary(**chunk, DecoderOfThread(), IsNumber(full_.schema.columns[column].type),
                       full_.dictionary_sizes[column]);
  if (!decoded) {
    return decoded.error();
  }
  slot = std::make_unique<Dictionary>(std::move(*decoded));
  bytes_.fetch_add(slot->bytes(), std::memory_order_relaxed);
  return slot.get();
}

Result<std::string> Segment::Require(std::uint16_t group, std::uint16_t chunk, const char* what) {
  Result<std::optional<std::string>> bytes = source_->Read(group, chunk);
  if (!bytes) {
    return bytes.error();
  }
  if (!bytes->has_value()) {
    return Damaged(std::string(what) + " of segment " + std::to_string(id_) + " is missing");
  }
  return std::move(**bytes);
}

Result<const SegmentHeader*> Segment::Header() {
  const std::lock_guard lock(mutex_);
  if (header_ == nullptr) {
    const Result<std::string> chunk = Require(kSegmentGroup, kHeaderChunk, "header");
    if (!chunk) {
      return chunk.error();
    }
    Result<SegmentHeader> header = DecodeHeader(*chunk);
    if (!header) {
      return header.error();
    }
    header_ = std::make_unique<const SegmentHeader>(std::move(*header));
  }
  return header_.get();
}

Result<std::shared_ptr<SegmentTables>> Segment::Tables() {
  Result<const SegmentHeader*> header = Header();
  if (!header) {
    return header.error();
  }
  static std::atomic<std::uint64_t> uses{0};
  last_use_.store(uses.fetch_add(1, std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  if (tables_ == nullptr) {
    const Result<std::string> chunk = Require(kSegmentGroup, kSchemaChunk, "schema");
    if (!chunk) {
      return chunk.error();
    }
    Result<SegmentSchema> schema = DecodeSchema(*chunk, DecoderOfThread());
    if (!schema) {
      return schema.error();
    }
    for (const GroupBounds& group : (*header)->groups) {
      if (group.tenant >= schema->schema.tenants.size()) {
        return Damaged("a row group's tenant is unknown");
      }
    }
    tables_ = std::make_shared<SegmentTables>(std::move(*schema), source_);
  }
  return tables_;
}

void Segment::DropTables() {
  const std::lock_guard lock(mutex_);
  tables_.reset();
}

std::size_t Segment::table_bytes() {
  const std::lock_guard lock(mutex_);
  return tables_ == nullptr ? 0 : tables_->bytes();
}

Result<std::vector<std::uint32_t>> Segment::FindEntries(std::uint32_t trace_hash) {
  Result<const SegmentHeader*> header = Header();
  if (!header) {
    return header.error();
  }
  std::vector<std::uint32_t> entries;
  if (!(*header)->MayHold(trace_hash)) {
    return entries;
  }
  const auto page = static_cast<std::uint16_t>(
      SpreadOver(std::uint64_t{trace_hash} << 32, (*header)->index_pages));
  const Result<std::string> chunk = Require(kTraceIndex, page, "trace index");
  if (!chunk) {
    return chunk.error();
  }
  ByteReader in(*chunk);
  const bool is_known = in.Byte() == kSegmentVersion;
  const auto count = static_cast<std::size_t>(in.VarintUpTo(in.left() / 7));
  const std::string_view hashes = in.Bytes(std::uint64_t{4} * count);
  const std::string_view numbers = in.Bytes(std::uint64_t{3} * count);
  if (!is_known || !in.Complete()) {
    return Damaged("trace index is malformed");
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (LoadLittle<std::uint32_t>(hashes.data() + 4 * i) != trace_hash) {
      continue;
    }
    const std::uint32_t entry = LoadLittle<std::uint16_t>(numbers.data() + 3 * i) |
                                std::uint32_t{static_cast<std::uint8_t>(numbers[3 * i + 2])} << 16;
    if (entry >= (*header)->entries) {
      return Damaged("trace index is malformed");
    }
    entries.push_back(entry);
  }
  return entries;
}

Result<std::vector<bool>> Segment::FindToken(std::uint64_t token) {
  Result<const SegmentHeader*> header = Header();
  if (!header) {
    return header.error();
  }
  std::vector<bool> groups((*header)->groups.size());
  const std::uint64_t mixed = Mix(token);
  const std::uint64_t line =
      SpreadOver(mixed, (*header)->filter_pages * std::uint64_t{kFilterLinesPerPage});
  const Result<std::string> page =
      Require(kTokenFilter, static_cast<std::uint16_t>(line / kFilterLinesPerPage), "token filter");
  if (!page) {
    return page.error();
  }
  if (page->size() != 1 + kFilterPageBytes ||
      static_cast<std::uint8_t>(page->front()) != kSegmentVersion) {
    return Damaged("token filter is malformed");
  }
  const char* const words = page->data() + 1 + (line % kFilterLinesPerPage) * kFilterLineBytes;
  for (std::uint32_t i = 0; i < groups.size(); ++i) {
    bool all = true;
    ForEachLineBit<kFilterProbes>(TokenGroupBits(mixed, i + 1), [&](unsigned bit) {
      all &= (LoadLittle<std::uint64_t>(words + 8 * (bit / 64)) >> (bit % 64) & 1) != 0;
    });
    groups[i] = all;
  }
  return groups;
}

Result<SegmentEdges> Segment::Edges(const SegmentTables& tables) {
  Result<const SegmentHeader*> header = Header();
  if (!header) {
    return header.error();
  }
  const Result<std::string> chunk = Require(kSegmentGroup, kEdgesChunk, "edge list");
  if (!chunk) {
    return chunk.error();
  }
  return DecodeEdges(*chunk, DecoderOfThread(), **header, tables.schema());
}

std::size_t Segment::GroupOfEntry(const SegmentHeader& header, std::uint32_t entry) {
  const auto after = std::upper_bound(
      header.groups.begin(), header.groups.end(), entry,
      [](std::uint32_t e, const GroupBounds& group) { return e < group.first_entry; });
  return static_cast<std::size_t>(after - header.groups.begin()) - 1;
}

}  // namespace pugmark::engine
