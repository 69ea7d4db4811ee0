// An opened store and how one is opened: what every backend offers.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "storage/api/archive_writer.h"
#include "storage/api/attribute_reader.h"
#include "storage/api/dependency_reader.h"
#include "storage/api/metrics_reader.h"
#include "storage/api/sampling_store.h"
#include "storage/api/span_writer.h"
#include "storage/api/trace_reader.h"

namespace pugmark {

// What a backend can do. What it cannot is answered 501 / UNIMPLEMENTED with the reason, never
// wrongly.
struct Capabilities {
  bool atomic_batch = false;      // a batch is stored whole or not at all
  bool read_your_writes = false;  // visible to this process as soon as acknowledged
  bool exact_limit = false;       // a search returns `limit` traces where there are as many
  bool newest_first = false;
  bool same_span_conjunction = false;  // all predicates hold of one span
  bool without_service = false;        // a search may leave the service out
  bool summaries = false;
  bool cursors = false;
  bool archive = false;
  bool sampling_lease = false;
  bool metrics = false;
  bool attributes = false;
  std::vector<FilterOp> filter_ops;  // empty: no structured filter beyond Jaeger's tag equality
  std::vector<FilterLevel> filter_levels;
};

// Thread safety: every method may be called concurrently. The parts live as long as the storage.
class Storage {
 public:
  virtual ~Storage() = default;

  [[nodiscard]] virtual const Capabilities& capabilities() const = 0;
  // Null for a storage opened for reading.
  virtual SpanWriter* span_writer() = 0;
  // Never null.
  virtual TraceReader& trace_reader() = 0;
  // Null where capabilities() or the way it was opened says that there is none.
  virtual DependencyReader* dependency_reader() = 0;
  virtual MetricsReader* metrics_reader() { return nullptr; }
  virtual AttributeReader* attribute_reader() { return nullptr; }
  virtual SamplingStore* sampling_store() { return nullptr; }
  virtual ArchiveWriter* archive_writer() { return nullptr; }
  virtual TraceReader* archive_reader() { return nullptr; }

  // OK while reads and writes can succeed; else why not, for /readyz.
  virtual Status Health() = 0;
  // Facts for /debug/vars and metrics: a JSON object of numbers and texts.
  virtual std::string DebugJson() { return "{}"; }

  // Refuses new writes, finishes those under way, makes everything durable. Idempotent.
  // kDeadlineExceeded where it took longer; what was acknowledged is safe all the same.
  virtual Status Drain(std::chrono::steady_clock::time_point deadline) = 0;
};

// How a process uses a store.
enum class StorageRole {
  kOwner,   // reads and writes; one process per store
  kReader,  // reads what an owner in another process writes
};

// Opens one kind of store.
class StorageFactory {
 public:
  virtual ~StorageFactory() = default;
  // Errors: kFailedPrecondition - another process owns the store; kInvalidArgument - configuration;
  // kUnavailable - not there yet; kDataLoss - cannot be read.
  virtual Result<std::unique_ptr<Storage>> Open(StorageRole role) = 0;
};

}  // namespace pugmark
