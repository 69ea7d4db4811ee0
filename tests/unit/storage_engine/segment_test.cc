#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "storage/rocks/segment/row_group.h"
#include "storage/rocks/wal/record_replayer.h"
#include "storage/rocks/wal/record_writer.h"
#include "tests/unit/storage_engine/memory_chunks.h"
#include "tests/unit/storage_engine/random_spans.h"

namespace pugmark::engine {
namespace {

using test::MemoryChunks;
using test::RandomSpanOptions;
using test::RandomSpans;
using Batches = std::vector<std::unique_ptr<SpanBatch>>;

struct Stored {
  Head head;
  Batches batches;
};

std::unique_ptr<Stored> Fill(std::uint64_t seed, RandomSpanOptions options, int batches,
                             std::size_t spans) {
  auto stored = std::make_unique<Stored>();
  RandomSpans random(seed, options);
  RecordWriter writer;
  for (int i = 0; i < batches; ++i) {
    stored->batches.push_back(random.Batch(spans));
    (void)writer.Append(stored->head, i % 3 == 2 ? "tenant" : "", stored->batches.back()->spans());
  }
  return stored;
}

// Reads the whole segment; the error of the first part that fails, else the spans by tenant.
Result<std::map<std::string, std::vector<Span>>> ReadAll(const std::shared_ptr<Segment>& segment,
                                                         Arena& arena) {
  const Result<const SegmentHeader*> header = segment->Header();
  if (!header) {
    return header.error();
  }
  const Result<std::shared_ptr<SegmentTables>> tables = segment->Tables();
  if (!tables) {
    return tables.error();
  }
  std::map<std::string, std::vector<Span>> spans;
  SpanAssembler assembler((*tables)->schema(), arena);
  for (std::size_t g = 0; g < (*header)->groups.size(); ++g) {
    RowGroup group(segment, *tables, **header, g);
    if (Status status = group.LoadAll(); !status) {
      return status.error();
    }
    RowCursor cursor(group);
    const std::string tenant((*tables)->schema().tenants[group.bounds().tenant]);
    for (std::uint32_t row = 0; row < group.rows(); ++row) {
      Span span;
      if (Status status = cursor.Assemble(row, assembler, span); !status) {
        return status.error();
      }
      spans[tenant].push_back(span);
    }
  }
  return spans;
}

bool TakeEqual(std::vector<Span>& from, const Span& want) {
  for (Span& span : from) {
    if (SameSpan(span, want)) {
      span = from.back();
      from.pop_back();
      return true;
    }
  }
  return false;
}

TEST_CASE("segment: spans of the whole model come back equal", "[engine][segment]") {
  const auto seed = GENERATE(range(1, 7));
  RandomSpanOptions options;
  options.whole_micros = seed % 2 == 0;
  options.traces = seed % 3 == 0 ? 3 : 60;
  const auto stored = Fill(static_cast<std::uint64_t>(seed), options, 7, 150);
  SegmentOptions segment_options;
  segment_options.group_rows = seed == 4 ? kMostGroupRows : 100;
  const SegmentImage image = BuildSegment(stored->head, segment_options);
  auto segment = std::make_shared<Segment>(7, std::make_shared<MemoryChunks>(image));
  Arena arena(std::size_t{1} << 30);
  auto spans = ReadAll(segment, arena);
  REQUIRE(spans.ok());
  CHECK(image.header.rows == 7 * 150);
  for (std::size_t i = 0; i < stored->batches.size(); ++i) {
    for (const Span& span : stored->batches[i]->spans()) {
      REQUIRE(TakeEqual((*spans)[i % 3 == 2 ? "tenant" : ""], span));
    }
  }
}

TEST_CASE("segment: from a replayed head it is the same, byte for byte", "[engine][segment]") {
  RandomSpans random(11);
  RecordWriter writer;
  Head live;
  Head replayed;
  for (int i = 0; i < 5; ++i) {
    const auto batch = random.Batch(100);
    REQUIRE(ReplayRecord(std::string(writer.Append(live, "", batch->spans())), replayed).ok());
  }
  const SegmentImage a = BuildSegment(live);
  const SegmentImage b = BuildSegment(replayed);
  REQUIRE(a.chunks.size() == b.chunks.size());
  for (std::size_t i = 0; i < a.chunks.size(); ++i) {
    CHECK(a.chunks[i].bytes == b.chunks[i].bytes);
  }
}

TEST_CASE("segment: exact copies are stored once, near copies are kept", "[engine][segment]") {
  RandomSpanOptions options;
  options.traces = 3;
  RandomSpans random(5, options);
  RecordWriter writer;
  Head head;
  const auto batch = random.Batch(50);
  (void)writer.Append(head, "", batch->spans());
  (void)writer.Append(head, "", batch->spans());
  batch->spans()[0].flags ^= 1;
  (void)writer.Append(head, "", batch->spans());
  const SegmentImage image = BuildSegment(head);
  CHECK(image.header.rows == 51);
  CHECK(image.duplicates == 99);
}

TEST_CASE("segment: every trace is found by its id, in each of its parts", "[engine][segment]") {
  RandomSpanOptions options;
  options.traces = 200;
  const auto stored = Fill(3, options, 3, 700);
  SegmentOptions segment_options;
  segment_options.group_rows = 64;
  const SegmentImage image = BuildSegment(stored->head, segment_options);
  Segment segment(7, std::make_shared<MemoryChunks>(image));
  const auto tables = segment.Tables();
  REQUIRE(tables.ok());
  const SegmentHeader& header = **segment.Header();
  for (const HeadTrace& trace : stored->head.traces) {
    const std::string_view tenant = stored->head.schema().tenants[trace.tenant];
    const auto entries = segment.FindEntries(TraceKeyHash(tenant, trace.id));
    REQUIRE(entries.ok());
    std::uint32_t rows = 0;
    for (const std::uint32_t entry : *entries) {
      const std::size_t g = Segment::GroupOfEntry(header, entry);
      RowGroup group(std::shared_ptr<Segment>(std::shared_ptr<Segment>(), &segment), *tables,
                     header, g);
      REQUIRE(group.LoadEntries().ok());
      const std::uint32_t local = entry - header.groups[g].first_entry;
      if (group.trace_id(local) == trace.id) {
        rows += group.end_row(local) - group.first_row(local);
      }
    }
    CHECK(rows == trace.row_count);
  }
  int hits = 0;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    hits += header.MayHold(TraceKeyHash("", {~i, i * 77})) ? 1 : 0;
  }
  CHECK(hits < 50);
}

TEST_CASE("segment: rows can be picked here and there, going forward", "[engine][segment]") {
  const auto stored = Fill(9, {}, 2, 300);
  const SegmentImage image = BuildSegment(stored->head);
  auto segment = std::make_shared<Segment>(7, std::make_shared<MemoryChunks>(image));
  Arena arena(std::size_t{1} << 30);
  const auto all = ReadAll(segment, arena);
  REQUIRE(all.ok());
  const auto tables = segment->Tables();
  const SegmentHeader& header = **segment->Header();
  REQUIRE(header.groups.size() == 1);
  std::mt19937_64 random(1);
  for (int round = 0; round < 20; ++round) {
    RowGroup group(segment, *tables, header, 0);
    REQUIRE(group.LoadAll().ok());
    RowCursor cursor(group);
    SpanAssembler assembler((*tables)->schema(), arena);
    for (auto row = static_cast<std::uint32_t>(random() % 30); row < group.rows();
         row += 1 + static_cast<std::uint32_t>(random() % 40)) {
      Span span;
      REQUIRE(cursor.Assemble(row, assembler, span).ok());
      REQUIRE(SameSpan(span, all->at("")[row]));
    }
  }
}

TEST_CASE("segment: damaged chunks give errors, never crashes", "[engine][segment]") {
  const auto stored = Fill(2, {}, 1, 120);
  SegmentOptions segment_options;
  segment_options.group_rows = 50;
  const SegmentImage image = BuildSegment(stored->head, segment_options);

  SECTION("truncated") {
    for (const SegmentChunkData& chunk : image.chunks) {
      if (chunk.group == kTokenFilter) {
        continue;
      }
      for (std::size_t size = 0; size < chunk.bytes.size(); size += 1 + chunk.bytes.size() / 20) {
        CAPTURE(chunk.group, chunk.chunk, size);
        auto chunks = std::make_shared<MemoryChunks>(image);
        chunks->chunks[{chunk.group, chunk.chunk}].resize(size);
        auto segment = std::make_shared<Segment>(7, chunks);
        Arena arena(std::size_t{1} << 30);
        const bool reads = ReadAll(segment, arena).ok();
        const auto tables = segment->Tables();
        if (chunk.group == kTraceIndex) {
          CHECK_FALSE(segment->FindEntries(TraceKeyHash("", stored->head.traces[0].id)).ok());
        } else if (chunk.group == kSegmentGroup && chunk.chunk == kEdgesChunk) {
          CHECK_FALSE(segment->Edges(**tables).ok());
        } else {
          CHECK_FALSE(reads);
        }
      }
    }
  }
  SECTION("changed") {
    std::mt19937_64 random(4);
    for (int round = 0; round < 3'000; ++round) {
      auto chunks = std::make_shared<MemoryChunks>(image);
      auto at = chunks->chunks.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(random() % chunks->chunks.size()));
      std::string& bytes = at->second;
      for (int i = 0; i < 2 && !bytes.empty(); ++i) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      auto segment = std::make_shared<Segment>(7, chunks);
      Arena arena(std::size_t{1} << 28);
      (void)ReadAll(segment, arena).ok();
      (void)segment->FindEntries(TraceKeyHash("", stored->head.traces[0].id)).ok();
      (void)segment->FindToken(1).ok();
      if (const auto tables = segment->Tables(); tables.ok()) {
        (void)segment->Edges(**tables).ok();
      }
    }
  }
}

}  // namespace
}  // namespace pugmark::engine
