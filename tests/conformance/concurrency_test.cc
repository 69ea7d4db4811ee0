// Writers and readers at once.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/conformance/backend.h"
#include "tests/support/storage_access.h"

namespace pugmark::testing {
namespace {

constexpr int kWriters = 4;
constexpr std::uint64_t kBatches = 60;    // of each writer
constexpr std::uint64_t kBatchSpans = 8;  // all of one trace

// Writer `writer`'s batch `number`: half of a trace, whose other half its neighbour writes.
std::vector<TestSpan> BatchOf(std::uint64_t writer, std::uint64_t number) {
  std::vector<TestSpan> spans;
  for (std::uint64_t i = 0; i < kBatchSpans; ++i) {
    spans.push_back({.trace_id = {writer / 2 + 1, number + 1},
                     .span_id = writer * kBatchSpans + i + 1,
                     .start_time = kTestTime + std::chrono::milliseconds(number),
                     .resource = {.service_name = "service-" + std::to_string(writer)}});
  }
  return spans;
}

// Catch's assertions are for one thread: the others only count.
struct Findings {
  std::atomic<int> refused = 0;
  std::atomic<int> failed_reads = 0;
  std::atomic<int> torn_batches = 0;
  std::atomic<int> unseen_writes = 0;
};

std::size_t CountSpans(TraceReader& reader, TraceId id, Findings& findings) {
  auto stream = reader.GetTraces({}, {{id, {}}});
  std::size_t spans = 0;
  while (stream.ok()) {
    const auto chunk = (*stream)->Next();
    if (!chunk.ok()) {
      ++findings.failed_reads;
      break;
    }
    if (*chunk == nullptr) {
      return spans;
    }
    spans += (*chunk)->spans().size();
  }
  ++findings.failed_reads;
  return spans;
}

void WriteBatches(TestStore& store, std::uint64_t writer, Findings& findings) {
  const Capabilities& can = store.can();
  for (std::uint64_t number = 0; number < kBatches; ++number) {
    const std::vector<TestSpan> spans = BatchOf(writer, number);
    std::atomic<bool> done = false;
    std::atomic<bool> committed = false;
    store->span_writer()->Write({}, MakeBatch(spans), {}, [&](const WriteResult& result) {
      committed = result.outcome == WriteResult::Outcome::kCommitted;
      done = true;
      done.notify_one();
    });
    done.wait(false);
    findings.refused += committed ? 0 : 1;
    if (can.read_your_writes &&
        CountSpans(store.reader(), spans.front().trace_id, findings) < kBatchSpans) {
      ++findings.unseen_writes;
    }
  }
}

void ReadWhile(TestStore& store, const std::atomic<bool>& writing, Findings& findings) {
  const Capabilities& can = store.can();
  while (writing) {
    for (std::uint64_t number = 1; number <= kBatches; number += 7) {
      const std::size_t spans = CountSpans(store.reader(), {1, number}, findings);
      findings.torn_batches += can.atomic_batch && spans % kBatchSpans != 0 ? 1 : 0;
    }
    const auto page = store.reader().FindTraceIds({}, {.service = "service-1", .limit = 20});
    const auto services = store.reader().GetServices({});
    findings.failed_reads += page.ok() && services.ok() ? 0 : 1;
    if (DependencyReader* const dependencies = store->dependency_reader();
        dependencies != nullptr) {
      findings.failed_reads += dependencies->GetDependencies({}, {}).ok() ? 0 : 1;
    }
  }
}

TEST_CASE("storage: writers and readers at once", "[concurrency]") {
  TestStore store(EachBackend());
  Findings findings;
  std::atomic<bool> writing = true;
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 2; ++i) {
      readers.emplace_back([&] { ReadWhile(store, writing, findings); });
    }
    {
      std::vector<std::jthread> writers;
      for (std::uint64_t writer = 0; writer < kWriters; ++writer) {
        writers.emplace_back(
            [&store, &findings, writer] { WriteBatches(store, writer, findings); });
      }
    }
    writing = false;
  }
  CHECK(findings.refused == 0);
  CHECK(findings.failed_reads == 0);
  CHECK(findings.torn_batches == 0);
  CHECK(findings.unseen_writes == 0);
  for (std::uint64_t number = 1; number <= kBatches; ++number) {
    for (std::uint64_t pair = 1; pair <= kWriters / 2; ++pair) {
      CHECK(MustReadTrace(store.reader(), {pair, number}).spans.size() == 2 * kBatchSpans);
    }
  }
  CHECK(store.reader().GetServices({})->items.size() == kWriters);
}

TEST_CASE("storage: a drain waits for the writes under way", "[concurrency]") {
  TestStore store(EachBackend());
  std::atomic<std::uint64_t> committed = 0;
  {
    std::vector<std::jthread> writers;
    for (std::uint64_t writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&store, &committed, writer] {
        for (std::uint64_t number = 0; number < kBatches; ++number) {
          const WriteResult result = WriteAndWait(*store, {}, MakeBatch(BatchOf(writer, number)));
          committed += result.outcome == WriteResult::Outcome::kCommitted ? kBatchSpans : 0;
        }
      });
    }
    CHECK(store->Drain(std::chrono::steady_clock::now() + std::chrono::seconds(60)).ok());
  }
  std::uint64_t found = 0;
  for (std::uint64_t number = 1; number <= kBatches; ++number) {
    for (std::uint64_t pair = 1; pair <= kWriters / 2; ++pair) {
      found += MustReadTrace(store.reader(), {pair, number}).spans.size();
    }
  }
  CHECK(found == committed);
}

}  // namespace
}  // namespace pugmark::testing
