// The RocksDB database of the columnar store: three column families and what the engine does with
// them. See README.md for keys and values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "storage/rocks/segment/segment.h"
#include "storage/rocks/segment/segment_builder.h"

namespace pugmark::engine {

// What the catalog says of a segment: when its commit was written, the records it replaces, and
// what retention and search need before the segment is looked at.
struct SegmentEntry {
  std::uint64_t id = 0;
  std::uint64_t first_record = 0;
  std::uint64_t last_record = 0;
  std::uint32_t rows = 0;
  std::int64_t min_start_ns = 0;
  std::int64_t max_start_ns = 0;
  std::int64_t sealed_at_ns = 0;
  std::uint64_t bytes = 0;
};

// A service's operation, listed while spans of it are kept.
struct CatalogRow {
  std::string tenant;
  std::string service;
  std::string operation;
  std::uint8_t kind = 0;
  std::int64_t last_seen_ns = 0;
};

// Thread safety: may be called concurrently.
class Database {
 public:
  struct Options {
    std::string directory;
    std::size_t cache_bytes = std::size_t{64} << 20;
    // A flush failed. Called on RocksDB's threads; must not block or call back.
    std::function<void(const std::string& why)> on_background_error;
  };

  // Opens or makes the store as its owner. Errors: kFailedPrecondition - owned by another process,
  // or of a newer version; kDataLoss - cannot be read; kUnavailable. Each names the directory.
  static Result<std::unique_ptr<Database>> Open(const Options& options);
  // Opens it beside its owner, to read; `secondary_directory` is for RocksDB's own log.
  static Result<std::unique_ptr<Database>> OpenSecondary(const Options& options,
                                                         const std::string& secondary_directory);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  using Record = std::pair<std::uint64_t, std::string_view>;  // number, bytes
  // Appends all records, or none; durable on return with `sync`.
  Status Append(const std::vector<Record>& records, bool sync);
  Status SyncLog();
  // Visits the records from `first` on, in order, until the visitor says false.
  Status ForEachRecord(std::uint64_t first,
                       const std::function<Result<bool>(std::uint64_t, std::string_view)>& visit);

  // Makes the chunks of a segment readable, durably. Not listed until it is committed.
  Status IngestSegment(std::uint64_t id, const SegmentImage& image);
  // Lists the segment and drops the records it replaces, in one durable step.
  Status CommitSegment(const SegmentEntry& entry, const std::vector<CatalogRow>& rows);
  // Frees the log's files that hold only dropped records.
  Status TrimLog(std::uint64_t last_record);
  Status UnlistSegment(std::uint64_t id);
  // Frees the chunks of a segment that is not listed and that nobody reads.
  Status DeleteSegment(std::uint64_t id);

  Result<std::vector<SegmentEntry>> ListSegments();
  // The greatest number of a record that a segment has replaced, also of one dropped since.
  Result<std::uint64_t> SealedThrough();
  Result<std::vector<CatalogRow>> ListCatalog();
  Status DropCatalogRows(const std::vector<CatalogRow>& rows);
  // The ids of all segments with chunks, listed or not.
  Result<std::vector<std::uint64_t>> SegmentsWithChunks();
  std::shared_ptr<ChunkSource> ChunksOf(std::uint64_t id);

  // Of a secondary.
  Status CatchUp();

  [[nodiscard]] std::uint64_t Property(const std::string& name) const;
  // Bytes of all files of the store's segments.
  [[nodiscard]] std::uint64_t SegmentFileBytes() const;

  struct Impl;  // RocksDB's types stay in the .cc

 private:
  explicit Database(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  Status CheckFormat(bool may_create);

  const std::shared_ptr<Impl> impl_;
};

}  // namespace pugmark::engine
