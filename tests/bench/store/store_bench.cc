// Measures the embedded columnar store: CPU per span from SpanBatch to sealed segment, bytes per
// span on disk, and the latency of reads.
//
//   store_bench [spans = 524288] [normal | hard] [folder]
#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/metrics/metrics.h"
#include "storage/rocks/engine/engine_options.h"
#include "storage/rocks/segment/segment_builder.h"
#include "storage/rocks/wal/record_replayer.h"
#include "storage/rocks/wal/record_writer.h"
#include "tests/bench/store/workload.h"

namespace pugmark::bench {
namespace {

namespace fs = std::filesystem;

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double ThreadSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::uint64_t BytesIn(const fs::path& folder, const std::string& extension) {
  std::uint64_t sum = 0;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    if (file.is_regular_file() && (extension.empty() || file.path().extension() == extension)) {
      sum += file.file_size();
    }
  }
  return sum;
}

std::uint64_t WrittenBytes() {
  std::ifstream io("/proc/self/io");
  std::string key;
  std::uint64_t value = 0;
  while (io >> key >> value) {
    if (key == "wchar:") {
      return value;
    }
  }
  return 0;
}

long ResidentMegabytes() {
  std::ifstream statm("/proc/self/statm");
  long pages = 0;
  long resident = 0;
  statm >> pages >> resident;
  return resident * 4096 / 1'000'000;
}

// At most some batches on their way at once, as the pipeline has them.
class InFlight {
 public:
  explicit InFlight(std::size_t most) : most_(most) {}
  void Start() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ < most_; });
    ++count_;
  }
  void End(const WriteResult& result) {
    const std::lock_guard lock(mutex_);
    --count_;
    failed_ += result.outcome == WriteResult::Outcome::kCommitted ? 0 : 1;
    changed_.notify_all();
  }
  std::size_t WaitForAll() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ == 0; });
    return failed_;
  }

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
  std::size_t failed_ = 0;
};

// The stages by themselves, on one thread: what the whole is made of.
void MeasureStages(const std::vector<std::unique_ptr<SpanBatch>>& batches, std::size_t most) {
  engine::RecordWriter writer;
  engine::Head head;
  std::vector<std::string> records;
  std::size_t spans = 0;
  std::size_t bytes = 0;
  double start = ThreadSeconds();
  for (const auto& batch : batches) {
    if (spans >= most) {
      break;
    }
    records.emplace_back(writer.Append(head, "", batch->spans()));
    spans += batch->spans().size();
    bytes += records.back().size();
  }
  const double interning = ThreadSeconds() - start;
  start = ThreadSeconds();
  const engine::SegmentImage image = engine::BuildSegment(head);
  const double sealing = ThreadSeconds() - start;
  start = ThreadSeconds();
  engine::Head replayed;
  for (const std::string& record : records) {
    if (!engine::ReplayRecord(record, replayed)) {
      std::printf("REPLAY FAILED\n");
      std::exit(1);
    }
  }
  const double replaying = ThreadSeconds() - start;
  const auto n = static_cast<double>(spans);
  std::printf(
      "stages, %zu spans: intern and log record %.3f, seal %.3f, replay %.3f us/span; "
      "record %.1f, segment %.1f B/span; head %.0f MB\n",
      spans, interning / n * 1e6, sealing / n * 1e6, replaying / n * 1e6,
      static_cast<double>(bytes) / n, static_cast<double>(image.bytes()) / n,
      static_cast<double>(head.bytes()) / 1e6);
  if (std::getenv("PUGMARK_BENCH_COLUMNS") != nullptr) {
    std::vector<std::pair<std::size_t, std::string>> columns;
    for (const engine::SegmentChunkData& chunk : image.chunks) {
      std::string name = chunk.group >= 0xfff0 ? (chunk.group == 0xfff0 ? "trace index" : "filter")
                         : chunk.chunk >= 16
                             ? std::string(chunk.group == 0 ? "dictionary " : "column ") +
                                   std::string(head.schema().columns[chunk.chunk - 16u].key)
                             : (chunk.group == 0 ? "segment chunk " : "group chunk ") +
                                   std::to_string(chunk.chunk);
      const auto found = std::find_if(columns.begin(), columns.end(),
                                      [&](const auto& c) { return c.second == name; });
      if (found == columns.end()) {
        columns.emplace_back(chunk.bytes.size(), name);
      } else {
        found->first += chunk.bytes.size();
      }
    }
    std::sort(columns.rbegin(), columns.rend());
    for (std::size_t i = 0; i < columns.size() && i < 32; ++i) {
      std::printf("  %-40s %.2f\n", columns[i].second.c_str(),
                  static_cast<double>(columns[i].first) / n);
    }
  }
}

template <typename Ask>
void MeasureReads(const char* what, int rounds, const Ask& ask) {
  // CPU time of the asking thread, which does all the work: other processes weigh less on it.
  std::vector<double> times;
  std::size_t spans = 0;
  for (int i = 0; i < rounds; ++i) {
    const double start = ThreadSeconds();
    spans += ask(i);
    times.push_back((ThreadSeconds() - start) * 1e3);
  }
  std::sort(times.begin(), times.end());
  std::printf("%-44s p50 %8.3f ms  p99 %8.3f ms  %6.0f spans each\n", what, times[times.size() / 2],
              times[times.size() * 99 / 100], static_cast<double>(spans) / rounds);
}

std::size_t Drain(Result<std::unique_ptr<TraceStream>> stream) {
  std::size_t spans = 0;
  if (!stream) {
    std::printf("FAILED: %s\n", stream.error().message.c_str());
    std::exit(1);
  }
  while (true) {
    auto chunk = (*stream)->Next();
    if (!chunk || *chunk == nullptr) {
      return spans;
    }
    spans += (*chunk)->spans().size();
  }
}

std::unique_ptr<Storage> Open(const std::string& folder, Metrics& metrics) {
  RocksConfig config;
  config.directory = folder;
  config.span_store_ttl = Nanoseconds(0);
  auto opened = engine::OpenEngineStorage(
      config, StorageRole::kOwner, metrics,
      [](const std::string& why) { std::printf("FATAL: %s\n", why.c_str()); },
      rocks::RocksEnvironment());
  if (!opened) {
    std::printf("open: %s\n", opened.error().message.c_str());
    std::exit(1);
  }
  return std::move(*opened);
}

void MeasureAllReads(Storage& storage, const Workload& workload) {
  TraceReader& reader = storage.trace_reader();
  const auto& samples = workload.samples();
  const auto sample = [&](int i) -> const SampleTrace& {
    return samples[static_cast<std::size_t>(i) * 7919 % samples.size()];
  };
  const auto get = [&](int i) { return Drain(reader.GetTraces({}, {{sample(i).id, {}}})); };
  MeasureReads("trace by id, first pass", 300, get);
  MeasureReads("trace by id", 300, get);
  MeasureReads("trace by id, not there", 1000, [&](int i) {
    return Drain(reader.GetTraces({}, {{{1, std::uint64_t(i)}, {}}}));
  });
  const auto find = [&](const TraceQuery& query) { return Drain(reader.FindTraces({}, query)); };
  const auto service = [&](int i) { return workload.ServiceName(std::size_t(i) % 30); };
  const auto by_service = [&](int i, std::size_t limit) {
    TraceQuery query;
    query.service = service(i);
    query.limit = limit;
    return query;
  };
  const auto by_tag = [](const std::string& key, const std::string& text) {
    TraceQuery query;
    query.filter = JaegerTagEquals(key, text);
    query.limit = 20;
    return query;
  };
  MeasureReads("service, limit 20", 60, [&](int i) { return find(by_service(i, 20)); });
  MeasureReads("service and operation, limit 20", 60, [&](int i) {
    TraceQuery query = by_service(i, 20);
    query.operation = workload.OperationName(std::size_t(i) % 30, std::size_t(i) % 20);
    return find(query);
  });
  MeasureReads("service and error=true, limit 20", 60, [&](int i) {
    TraceQuery query = by_service(i, 20);
    query.filter = JaegerTagEquals("error", "true");
    return find(query);
  });
  MeasureReads("service, longer than 400 ms, limit 20", 60, [&](int i) {
    TraceQuery query = by_service(i, 20);
    query.duration.min = std::chrono::milliseconds(400);
    return find(query);
  });
  MeasureReads("rare user.id, no service, limit 20", 60,
               [&](int i) { return find(by_tag("user.id", sample(i).user)); });
  MeasureReads("absent user.id, no service, limit 20", 60,
               [&](int i) { return find(by_tag("user.id", "nobody-" + std::to_string(i))); });
  MeasureReads("service, limit 1500", 5, [&](int i) { return find(by_service(i, 1500)); });
}

int Run(std::size_t spans, bool is_hard, const std::string& folder) {
  std::printf("%s set, %zu spans\n", is_hard ? "hard" : "normal", spans);
  Workload workload(1, is_hard);
  auto batches = workload.Make(spans);
  spans = 0;
  for (const auto& batch : batches) {
    spans += batch->spans().size();
  }
  MeasureStages(batches, 262'144);
  fs::remove_all(folder);
  Metrics metrics;
  {
    std::unique_ptr<Storage> storage = Open(folder, metrics);
    InFlight in_flight(16);
    const double cpu = CpuSeconds();
    const std::uint64_t written = WrittenBytes();
    const auto start = std::chrono::steady_clock::now();
    for (auto& batch : batches) {
      in_flight.Start();
      storage->span_writer()->Write({}, std::move(batch), {},
                                    [&](const WriteResult& result) { in_flight.End(result); });
    }
    const std::size_t failed = in_flight.WaitForAll();
    if (!storage->Drain(start + std::chrono::minutes(10)) || failed != 0) {
      std::printf("FAILED: %zu batches\n", failed);
      return 1;
    }
    const double wall =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const auto n = static_cast<double>(spans);
    std::printf(
        "ingest, sync=group, sealed: %.3f us CPU/span, %.0f spans/s wall; written %.1f "
        "B/span; rss %ld MB\n",
        (CpuSeconds() - cpu) / n * 1e6, n / wall, static_cast<double>(WrittenBytes() - written) / n,
        ResidentMegabytes());
    std::printf("%s\n", storage->DebugJson().c_str());
  }
  batches.clear();
  const auto start = std::chrono::steady_clock::now();
  std::unique_ptr<Storage> storage = Open(folder, metrics);
  std::printf(
      "open %.1f ms; disk: segments %.1f, all %.1f B/span\n",
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count(),
      static_cast<double>(BytesIn(folder, ".sst")) / static_cast<double>(spans),
      static_cast<double>(BytesIn(folder, "")) / static_cast<double>(spans));
  MeasureAllReads(*storage, workload);
  return 0;
}

}  // namespace
}  // namespace pugmark::bench

int main(int argc, char** argv) {
  const std::size_t spans = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 524'288;
  const bool is_hard = argc > 2 && std::string(argv[2]) == "hard";
  return pugmark::bench::Run(spans, is_hard, argc > 3 ? argv[3] : "./store-bench-data");
}
