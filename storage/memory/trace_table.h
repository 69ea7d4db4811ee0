// All spans of one memory store, by tenant and trace, with the indexes that searches and listings
// use. The oldest inserted traces go when a bound is passed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "common/model/span.h"
#include "storage/api/trace_reader.h"
#include "storage/memory/stored_trace.h"
#include "storage/memory/time_index.h"

namespace pugmark {

// One lock guards the indexes. It is held to add a batch (readers wait that long) and to list what
// a read may need to look at; the spans themselves are read without it.
//
// Thread safety: all methods may be called concurrently.
class TraceTable {
 public:
  enum class WhenFull { kDropOldest, kRefuse };

  struct Usage {
    std::size_t tenants = 0;
    std::size_t traces = 0;
    std::size_t spans = 0;
    std::size_t bytes = 0;
    std::size_t max_bytes = 0;
    std::uint64_t evicted_traces = 0;
    std::uint64_t evicted_spans = 0;
    std::uint64_t repeated_spans = 0;  // written again, stored once
  };

  // At most `max_traces` per tenant (0: any number) and `max_bytes` of all.
  TraceTable(std::size_t max_traces, std::size_t max_bytes, WhenFull when_full);

  // Copies the spans in, all or none; those that are there already are left out. Errors:
  // kInvalidArgument - more than the table can ever hold; kResourceExhausted - full, where it
  // refuses.
  Status Insert(const std::string& tenant, std::span<const Span> spans);
  // From now on; drops what is beyond.
  void SetMaxBytes(std::size_t max_bytes);

  // A trace that a read may have to look at: no span of it (of the service, where one was asked
  // for) starts after `newest`.
  struct Candidate {
    std::shared_ptr<const StoredTrace> trace;
    UnixTime newest;
  };
  // Every trace with a span, of the service where one is given, that starts at `since` or later;
  // newest first.
  [[nodiscard]] std::vector<Candidate> Candidates(const std::string& tenant,
                                                  const std::optional<std::string>& service,
                                                  UnixTime since) const;
  // Those that are there, in that order, each once.
  [[nodiscard]] std::vector<TraceView> Find(const std::string& tenant,
                                            std::span<const TraceLookup> lookups) const;
  // Sorted, at most `most`.
  [[nodiscard]] Listing<std::string> Services(const std::string& tenant, std::size_t most) const;
  [[nodiscard]] Listing<Operation> Operations(const std::string& tenant, const std::string& service,
                                              std::optional<SpanKind> kind, std::size_t most) const;
  [[nodiscard]] Usage usage() const;

 private:
  struct OperationLess {
    using is_transparent = void;
    using View = std::pair<std::string_view, SpanKind>;
    static View Of(const Operation& operation) { return {operation.name, operation.kind}; }
    static View Of(const View& view) { return view; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return Of(a) < Of(b);
    }
  };
  struct Service {
    TimeIndex traces;
    std::map<Operation, std::size_t, OperationLess> operations;  // with their number of spans
  };
  struct Tenant {
    std::unordered_map<TraceId, std::shared_ptr<StoredTrace>> traces;
    std::map<std::uint64_t, TraceId> by_number;  // oldest inserted first
    TimeIndex by_time;
    std::map<std::string, Service, std::less<>> services;
  };
  // Tenants are nodes of a map: their addresses and names stay.
  using Tenants = std::map<std::string, Tenant>;
  using Dropped = std::vector<std::shared_ptr<StoredTrace>>;

  Result<std::shared_ptr<StoredBatch>> Copy(std::span<const Span> spans) const;
  [[nodiscard]] Status CheckRoom(std::size_t bytes) const;
  void InsertTrace(Tenants::iterator tenant, const std::shared_ptr<StoredBatch>& batch,
                   std::span<Span> spans, std::span<const std::uint64_t> hashes);
  std::shared_ptr<StoredTrace> FindOrAdd(Tenants::iterator tenant, TraceId trace_id);
  void IndexFragment(Tenant& tenant, const std::shared_ptr<StoredTrace>& trace,
                     std::span<const Span> spans);
  void DropBeyondBounds(const std::string& written_tenant, Dropped& dropped);
  void DropOldest(Tenants::iterator tenant, Dropped& dropped);
  void Unindex(Tenant& tenant, StoredTrace& trace);

  const std::size_t max_traces_;
  const WhenFull when_full_;

  mutable std::shared_mutex mutex_;  // guards what follows
  Tenants tenants_;
  std::map<std::uint64_t, Tenants::iterator> by_number_;  // every trace's, oldest inserted first
  std::uint64_t next_number_ = 0;
  Usage usage_;
};

}  // namespace pugmark
