// CPU, log and disk per span of the embedded store, and how long reads take.
//
//   bench_rocks [spans] [spans per batch] [group|every|none] [folder]
//
// Spans come from tracegen's generator, one batch per service as clients send them; making them is
// not counted. The figures are those of this process, RocksDB's threads included, until it has
// nothing left to do.
#include <time.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <semaphore>
#include <string>
#include <vector>

#include "common/metrics/metrics.h"
#include "deploy/tracegen/topology.h"
#include "deploy/tracegen/trace_generator.h"
#include "storage/rocks/rocks_environment.h"

namespace pugmark {
namespace {

constexpr std::size_t kServices = 30;
constexpr std::size_t kOperations = 20;
constexpr std::uint64_t kSeed = 1;
constexpr std::size_t kMostWaiting = 64;  // writes whose results are not there yet

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
double ProcessCpu() { return Seconds(CLOCK_PROCESS_CPUTIME_ID); }
double ThreadCpu() { return Seconds(CLOCK_THREAD_CPUTIME_ID); }
double Wall() { return Seconds(CLOCK_MONOTONIC); }

std::uintmax_t BytesIn(const std::string& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    bytes += entry.is_regular_file() ? entry.file_size() : 0;
  }
  return bytes;
}

// Gathers a batch per service and writes each when it is full.
class BatchWriter : public tracegen::SpanSink {
 public:
  BatchWriter(SpanWriter& writer, const tracegen::Topology& topology, std::size_t batch_spans)
      : writer_(writer), topology_(topology), batch_spans_(batch_spans), pending_(kServices) {
    for (Pending& pending : pending_) {
      pending.batch = std::make_unique<SpanBatch>("");
    }
  }

  Arena& ArenaOf(std::size_t service) override { return pending_[service].batch->arena(); }
  void Add(std::size_t service, const Span& span, std::uint64_t /*trace*/) override {
    pending_[service].spans.push_back(span);
  }
  // Writes what is full. Returns the CPU seconds that this took on this thread.
  double WriteFull() {
    double cpu = 0;
    for (std::size_t service = 0; service < pending_.size(); ++service) {
      if (pending_[service].spans.size() >= batch_spans_) {
        cpu += Write(service);
      }
    }
    return cpu;
  }
  void AwaitAll() {
    for (std::size_t i = 0; i < kMostWaiting; ++i) {
      free_.acquire();
    }
  }
  [[nodiscard]] std::size_t written() const { return written_; }

 private:
  struct Pending {
    std::unique_ptr<SpanBatch> batch;
    std::vector<Span> spans;
  };

  double Write(std::size_t service) {
    Pending& pending = pending_[service];
    const std::span<Resource> resources =
        pending.batch->arena().Copy(std::span(&topology_.service(service).resource, 1));
    for (Span& span : pending.spans) {
      span.resource = resources.data();
    }
    pending.batch->SetContents(pending.batch->arena().Copy(std::span(pending.spans)), resources);
    written_ += pending.spans.size();
    pending.spans.clear();
    std::unique_ptr<SpanBatch> batch = std::move(pending.batch);
    pending.batch = std::make_unique<SpanBatch>("");
    free_.acquire();
    const double before = ThreadCpu();
    writer_.Write({}, std::move(batch), {}, [this](const WriteResult& result) {
      if (result.outcome != WriteResult::Outcome::kCommitted) {
        std::fprintf(stderr, "write failed: %s\n", result.status.error().message.c_str());
        std::exit(1);
      }
      free_.release();
    });
    return ThreadCpu() - before;
  }

  SpanWriter& writer_;
  const tracegen::Topology& topology_;
  const std::size_t batch_spans_;
  std::vector<Pending> pending_;
  std::counting_semaphore<kMostWaiting> free_{kMostWaiting};
  std::size_t written_ = 0;
};

void TimeReads(Storage& storage, const tracegen::Topology& topology, std::uint64_t traces) {
  constexpr int kRounds = 50;
  const auto time = [&](const char* what, auto&& read) {
    const double begin = Wall();
    std::size_t found = 0;
    for (int round = 0; round < kRounds; ++round) {
      found += read(round);
    }
    std::printf("%-44s %8.2f ms, %zu found\n", what, (Wall() - begin) * 1e3 / kRounds,
                found / kRounds);
  };
  const auto count = [](Result<std::unique_ptr<TraceStream>> stream) {
    std::size_t spans = 0;
    while (true) {
      auto chunk = (*stream)->Next();
      if (!chunk || *chunk == nullptr) {
        return spans;
      }
      spans += (*chunk)->spans().size();
    }
  };
  TraceReader& reader = storage.trace_reader();
  time("trace by id", [&](int round) {
    const auto number = static_cast<std::uint64_t>(round) * 7919 % traces;
    return count(
        reader.GetTraces({}, {{tracegen::TraceGenerator::IdOf(kSeed, number), std::nullopt}}));
  });
  TraceQuery query;
  query.limit = 20;
  time("newest 20", [&](int) { return reader.FindTraceIds({}, query)->items.size(); });
  query.service = topology.service(3).name;
  time("newest 20 of a service", [&](int) { return reader.FindTraceIds({}, query)->items.size(); });
  time("newest 20 of a service, whole", [&](int) { return count(reader.FindTraces({}, query)); });
  query.filter = JaegerTagEquals("http.status_code", "500");
  time("newest 20 of a service with a tag",
       [&](int) { return reader.FindTraceIds({}, query)->items.size(); });
  query.filter = {};
  query.operation = topology.service(3).operations[0].name;
  time("newest 20 of an operation",
       [&](int) { return reader.FindTraceIds({}, query)->items.size(); });
}

int Run(std::size_t spans, std::size_t batch_spans, const std::string& sync,
        const std::string& folder) {
  RocksConfig config;
  config.directory = folder;
  config.span_store_ttl = Nanoseconds(0);
  config.sync = sync;
  Metrics metrics;
  rocks::RocksEnvironment environment;
  environment.free_share = [](const std::string&) { return 1.0; };
  auto opened = rocks::OpenRocksStorageIn(
      config, StorageRole::kOwner, metrics,
      [](const std::string& why) { std::fprintf(stderr, "fatal: %s\n", why.c_str()); },
      environment);
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  Storage& storage = **opened;
  const tracegen::Topology topology(kServices, kOperations, kSeed);
  tracegen::TraceGenerator generator(topology, {}, kSeed);
  BatchWriter writer(*storage.span_writer(), topology, batch_spans);
  UnixTime start = Clock::System().Now();
  const double cpu_before = ProcessCpu();
  const double own_before = ThreadCpu();
  const double wall_before = Wall();
  double writing = 0;
  std::uint64_t traces = 0;
  while (writer.written() < spans) {
    generator.Generate(traces++, start, writer);
    start += std::chrono::microseconds(300);
    writing += writer.WriteFull();
  }
  writer.AwaitAll();
  const double wall = Wall() - wall_before;
  const double generating = ThreadCpu() - own_before - writing;
  const double cpu = ProcessCpu() - cpu_before - generating;
  std::printf("%s\n", storage.DebugJson().c_str());
  if (!rocks::CompactForTest(storage)) {
    return 1;
  }
  const auto all = static_cast<double>(writer.written());
  const double settled = ProcessCpu() - cpu_before - generating;
  std::printf("spans %zu, batch %zu, sync %s, wall %.1f s (with making them)\n", writer.written(),
              batch_spans, sync.c_str(), wall);
  std::printf("CPU us/span: writing thread %.2f, all %.2f, all after one full compaction %.2f\n",
              writing * 1e6 / all, cpu * 1e6 / all, settled * 1e6 / all);
  TimeReads(storage, topology, traces);
  opened->reset();
  std::printf("disk after compaction: %.1f B/span\n", static_cast<double>(BytesIn(folder)) / all);
  return 0;
}

}  // namespace
}  // namespace pugmark

int main(int argc, char** argv) {
  const std::size_t spans = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::size_t batch_spans = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 256;
  const std::string sync = argc > 3 ? argv[3] : "group";
  const std::string folder = argc > 4 ? argv[4] : "/tmp/pugmark-bench-store";
  std::filesystem::remove_all(folder);
  const int code = pugmark::Run(spans, batch_spans, sync, folder);
  std::filesystem::remove_all(folder);
  return code;
}
