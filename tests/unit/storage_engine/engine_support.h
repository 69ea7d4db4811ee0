// Opens, fills and asks engine stores in tests.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/metrics/metrics.h"
#include "storage/rocks/engine/engine_options.h"

namespace pugmark::test {

// A folder of its own, removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// A clock that stands where it is put.
class SetClock : public Clock {
 public:
  [[nodiscard]] UnixTime Now() const override { return now; }
  UnixTime now{std::chrono::seconds(1'700'000'000)};
};

// Heads so small that tests seal many.
engine::EngineOptions SmallHeads();

Result<std::unique_ptr<Storage>> OpenStore(const std::string& folder,
                                           const engine::EngineOptions& options,
                                           const RocksConfig& config = {},
                                           const rocks::RocksEnvironment& environment = {},
                                           StorageRole role = StorageRole::kOwner);

// Waits for the answer.
WriteResult WriteBatch(Storage& storage, std::unique_ptr<SpanBatch> batch,
                       const std::string& tenant = "");

// All spans of a trace; `chunks` own them.
struct ReadTrace {
  std::vector<std::unique_ptr<TraceChunk>> chunks;
  std::vector<const Span*> spans;
};
ReadTrace ReadTraceOf(Storage& storage, TraceId id, const std::string& tenant = "");

// Whether the trace has exactly these spans, each once.
bool HasExactly(const ReadTrace& trace, const std::vector<const Span*>& spans);

// Waits, for at most ten seconds, until `holds()`.
bool Eventually(const std::function<bool()>& holds);

// A number of the store's debug document; -1 where it is not there.
long long DebugNumber(Storage& storage, const std::string& key);

}  // namespace pugmark::test
