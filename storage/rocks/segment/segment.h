// A sealed segment, read chunk by chunk as it is needed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "storage/rocks/segment/dictionary.h"
#include "storage/rocks/segment/segment_meta.h"

namespace pugmark::engine {

// Where the chunks of one segment are. Thread safety: may be called concurrently.
class ChunkSource {
 public:
  using Visit = std::function<Status(std::uint16_t chunk, std::string_view bytes)>;

  virtual ~ChunkSource() = default;
  // Nothing where there is no such chunk.
  virtual Result<std::optional<std::string>> Read(std::uint16_t group, std::uint16_t chunk) = 0;
  // All chunks of a group in their order; stops at the first error of `visit`.
  virtual Status ReadGroup(std::uint16_t group, const Visit& visit) = 0;
};

// Schema and dictionaries of a segment. Thread safety: may be called concurrently.
class SegmentTables {
 public:
  SegmentTables(SegmentSchema schema, std::shared_ptr<ChunkSource> source)
      : full_(std::move(schema)),
        source_(std::move(source)),
        dictionaries_(columns()),
        bytes_(full_.bytes()) {}

  [[nodiscard]] const SegmentSchema& full() const { return full_; }
  [[nodiscard]] const Schema& schema() const { return full_.schema; }
  [[nodiscard]] std::size_t columns() const { return full_.schema.columns.size(); }
  // Read at first use; lives as long as the tables.
  Result<const Dictionary*> DictionaryOf(std::uint32_t column);
  [[nodiscard]] std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  const SegmentSchema full_;
  const std::shared_ptr<ChunkSource> source_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Dictionary>> dictionaries_;
  std::atomic<std::size_t> bytes_;
};

// Thread safety: may be called concurrently.
class Segment {
 public:
  Segment(std::uint64_t id, std::shared_ptr<ChunkSource> source)
      : id_(id), source_(std::move(source)) {}

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] ChunkSource& source() { return *source_; }

  // Read at first use and kept.
  Result<const SegmentHeader*> Header();
  // Read at first use and kept until DropTables; whoever holds them keeps them.
  Result<std::shared_ptr<SegmentTables>> Tables();
  void DropTables();
  [[nodiscard]] std::size_t table_bytes();
  // A number that grows from use to use, of any segment.
  [[nodiscard]] std::uint64_t last_use() const { return last_use_.load(std::memory_order_relaxed); }

  // The entries whose trace may be the one of that hash.
  Result<std::vector<std::uint32_t>> FindEntries(std::uint32_t trace_hash);
  // Which row groups may hold a plain text value: by group number - 1.
  Result<std::vector<bool>> FindToken(std::uint64_t token);
  Result<SegmentEdges> Edges(const SegmentTables& tables);
  // The group (index into Header()->groups) that an entry lies in.
  static std::size_t GroupOfEntry(const SegmentHeader& header, std::uint32_t entry);

 private:
  Result<std::string> Require(std::uint16_t group, std::uint16_t chunk, const char* what);

  const std::uint64_t id_;
  const std::shared_ptr<ChunkSource> source_;
  std::mutex mutex_;
  std::unique_ptr<const SegmentHeader> header_;
  std::shared_ptr<SegmentTables> tables_;
  std::atomic<std::uint64_t> last_use_{0};
};

}  // namespace pugmark::engine
