#include "tests/unit/storage_engine/engine_support.h"

#include <stdlib.h>

#include <algorithm>
#include <thread>

namespace pugmark::test {

namespace fs = std::filesystem;

Folder::Folder() {
  std::string path = (fs::temp_directory_path() / "pugmark-engine-XXXXXX").string();
  path_ = mkdtemp(path.data());
}
Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

engine::EngineOptions SmallHeads() {
  engine::EngineOptions options;
  options.head.rows = 60;
  options.segment.group_rows = 25;
  options.least_rows_sealed_at_end = 1'000'000;
  return options;
}

Result<std::unique_ptr<Storage>> OpenStore(const std::string& folder,
                                           const engine::EngineOptions& options,
                                           const RocksConfig& wanted,
                                           const rocks::RocksEnvironment& environment,
                                           StorageRole role) {
  static Metrics metrics;
  RocksConfig config = wanted;
  config.directory = folder;
  return engine::OpenEngineStorage(config, role, metrics, {}, environment, options);
}

WriteResult WriteBatch(Storage& storage, std::unique_ptr<SpanBatch> batch,
                       const std::string& tenant) {
  std::mutex mutex;
  std::condition_variable told;
  bool is_told = false;
  WriteResult answer;
  RequestContext context;
  context.tenant = tenant;
  storage.span_writer()->Write(context, std::move(batch), {}, [&](const WriteResult& result) {
    const std::lock_guard lock(mutex);
    answer = result;
    is_told = true;
    told.notify_all();
  });
  std::unique_lock lock(mutex);
  told.wait(lock, [&] { return is_told; });
  return answer;
}

ReadTrace ReadTraceOf(Storage& storage, TraceId id, const std::string& tenant) {
  RequestContext context;
  context.tenant = tenant;
  ReadTrace read;
  auto stream = storage.trace_reader().GetTraces(context, {{id, {}}});
  while (stream) {
    auto chunk = (*stream)->Next();
    if (!chunk || *chunk == nullptr) {
      break;
    }
    for (const Span& span : (*chunk)->spans()) {
      read.spans.push_back(&span);
    }
    read.chunks.push_back(std::move(*chunk));
  }
  return read;
}

bool HasExactly(const ReadTrace& trace, const std::vector<const Span*>& wanted) {
  std::vector<const Span*> left = trace.spans;
  for (const Span* const span : wanted) {
    const auto found = std::find_if(left.begin(), left.end(),
                                    [span](const Span* s) { return SameSpan(*s, *span); });
    if (found == left.end()) {
      return false;
    }
    left.erase(found);
  }
  return left.empty();
}

bool Eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 1'000; ++i) {
    if (holds()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

long long DebugNumber(Storage& storage, const std::string& key) {
  const std::string json = storage.DebugJson();
  const std::size_t at = json.find("\"" + key + "\":");
  return at == std::string::npos ? -1 : std::stoll(json.substr(at + key.size() + 3));
}

}  // namespace pugmark::test
