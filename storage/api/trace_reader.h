// Reads traces, services and operations.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/model/arena.h"
#include "common/model/span.h"
#include "storage/api/request_context.h"
#include "storage/api/trace_query.h"

namespace pugmark {

// Spans of one trace, with everything that they point to.
class TraceChunk {
 public:
  TraceChunk(TraceId trace_id, std::unique_ptr<Arena> arena, std::span<Span> spans)
      : trace_id_(trace_id), arena_(std::move(arena)), spans_(spans) {}

  [[nodiscard]] TraceId trace_id() const { return trace_id_; }
  [[nodiscard]] std::span<Span> spans() const { return spans_; }
  [[nodiscard]] Arena& arena() const { return *arena_; }
  // Keeps only the first `count` spans: adjusters compact the kept ones to the front first.
  void Truncate(std::size_t count) { spans_ = spans_.first(count); }

 private:
  TraceId trace_id_;
  std::unique_ptr<Arena> arena_;
  std::span<Span> spans_;
};

// Traces one after another, pulled by the caller at its own pace: a slow client holds memory within
// its budget, not a worker. A chunk never mixes traces, the chunks of a trace are consecutive, none
// is empty. The stream pins its view of the store.
//
// Thread safety: one caller at a time; Next may be called from another thread than the last time.
class TraceStream {
 public:
  virtual ~TraceStream() = default;
  // Blocks. Null at the end. Errors: kCancelled, kDeadlineExceeded, kResourceExhausted (byte
  // budget), kDataLoss.
  virtual Result<std::unique_ptr<TraceChunk>> Next() = 0;
};

struct FoundTrace {
  TraceId trace_id;
  UnixTime start;  // bounds of the trace where the backend knows them, else of the matching spans
  UnixTime end;
};

template <typename T>
struct Page {
  std::vector<T> items;
  std::string cursor;  // opaque; "" at the end
};

struct ServiceSummary {
  std::string name;
  std::uint32_t span_count = 0;
  std::uint32_t error_span_count = 0;
};

// As jaeger.api_v3.TraceSummary: the root is the earliest span without a parent; an orphan's parent
// is not in the trace; services are sorted by name.
struct TraceSummary {
  TraceId trace_id;
  std::string root_service;
  std::string root_operation;
  UnixTime start;
  UnixTime end;
  std::uint32_t span_count = 0;
  std::uint32_t error_span_count = 0;
  std::uint32_t orphan_span_count = 0;
  std::vector<ServiceSummary> services;
};

struct Operation {
  std::string name;
  SpanKind kind = SpanKind::kUnspecified;
  friend auto operator<=>(const Operation&, const Operation&) = default;
};

// A listing that stopped at the backend's cap says so.
template <typename T>
struct Listing {
  std::vector<T> items;
  bool truncated = false;
};

// Readers block and are called from workers.
//
// Thread safety: all methods may be called concurrently.
class TraceReader {
 public:
  virtual ~TraceReader() = default;

  // The traces that are there, in the order asked for; absent ones are skipped.
  virtual Result<std::unique_ptr<TraceStream>> GetTraces(const RequestContext& context,
                                                         std::vector<TraceLookup> lookups) = 0;
  // Whole traces, newest first.
  virtual Result<std::unique_ptr<TraceStream>> FindTraces(const RequestContext& context,
                                                          const TraceQuery& query) = 0;
  virtual Result<Page<FoundTrace>> FindTraceIds(const RequestContext& context,
                                                const TraceQuery& query) = 0;
  virtual Result<Page<TraceSummary>> FindTraceSummaries(const RequestContext& context,
                                                        const TraceQuery& query) = 0;
  // Sorted by name.
  virtual Result<Listing<std::string>> GetServices(const RequestContext& context) = 0;
  // Sorted; of that kind only, where one is given.
  virtual Result<Listing<Operation>> GetOperations(const RequestContext& context,
                                                   const std::string& service,
                                                   std::optional<SpanKind> kind) = 0;
};

}  // namespace pugmark
