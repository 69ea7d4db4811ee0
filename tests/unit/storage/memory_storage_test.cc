// What the memory backend has beyond the contract: its bounds. The contract itself is tested by
// tests/conformance.
#include "storage/memory/memory_storage.h"

#include <catch2/catch.hpp>

#include "tests/support/fake_clock.h"
#include "tests/support/storage_access.h"

namespace pugmark::testing {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

struct OpenStore {
  explicit OpenStore(const MemoryConfig& config) {
    Result<std::unique_ptr<Storage>> opened = OpenMemoryStorage(config, metrics, clock);
    REQUIRE(opened.ok());
    storage = *std::move(opened);
  }
  [[nodiscard]] std::size_t CountTraces(const RequestContext& context = {}) const {
    return MustReadAll(storage->trace_reader().FindTraces(context, {.limit = 1'000'000})).size();
  }
  [[nodiscard]] bool Holds(std::uint64_t trace) const {
    return !MustReadTrace(storage->trace_reader(), {0, trace}).spans.empty();
  }

  FakeClock clock{kTestTime};
  Metrics metrics;
  std::unique_ptr<Storage> storage;
};

TestSpan SpanOf(std::uint64_t trace, std::size_t text_bytes = 0) {
  return {.trace_id = {0, trace},
          .name = "operation-" + std::to_string(trace),
          .resource = {.service_name = "service-" + std::to_string(trace)},
          .attributes = {{"text", std::string(text_bytes, 'x')}}};
}

TEST_CASE("memory store: the oldest inserted traces go beyond max-traces", "[memory]") {
  OpenStore store({.max_traces = 3});
  for (std::uint64_t trace = 1; trace <= 4; ++trace) {
    MustWrite(*store.storage, {SpanOf(trace)});
  }
  TestSpan late = SpanOf(2);
  late.span_id = 99;
  MustWrite(*store.storage, {late});  // does not make its trace younger
  MustWrite(*store.storage, {SpanOf(5)});
  CHECK_FALSE(store.Holds(1));
  CHECK_FALSE(store.Holds(2));
  CHECK(store.Holds(3));
  CHECK(store.Holds(4));
  CHECK(store.Holds(5));
  CHECK(store.CountTraces() == 3);
  CHECK(store.storage->trace_reader().GetServices({})->items ==
        std::vector<std::string>{"service-3", "service-4", "service-5"});
  CHECK(store.storage->trace_reader().GetOperations({}, "service-2", {})->items.empty());
}

TEST_CASE("memory store: every tenant has its own max-traces", "[memory]") {
  OpenStore store({.max_traces = 2});
  const RequestContext acme{.tenant = "acme"};
  for (std::uint64_t trace = 1; trace <= 5; ++trace) {
    MustWrite(*store.storage, {SpanOf(trace)}, acme);
  }
  MustWrite(*store.storage, {SpanOf(1)});
  CHECK(store.CountTraces() == 1);
  CHECK(store.CountTraces(acme) == 2);
}

TEST_CASE("memory store: a batch of more traces than max-traces leaves the last", "[memory]") {
  OpenStore store({.max_traces = 2});
  MustWrite(*store.storage, {SpanOf(1), SpanOf(2), SpanOf(3), SpanOf(4)});
  CHECK(store.CountTraces() == 2);
}

TEST_CASE("memory store: the oldest inserted traces go beyond max-bytes", "[memory]") {
  OpenStore store({.max_bytes = kMegabyte});
  const RequestContext acme{.tenant = "acme"};
  for (std::uint64_t trace = 1; trace <= 30; ++trace) {
    MustWrite(*store.storage, {SpanOf(trace, 100'000)}, trace % 2 == 0 ? acme : RequestContext{});
  }
  const std::size_t kept = store.CountTraces() + store.CountTraces(acme);
  CHECK(kept >= 8);
  CHECK(kept <= 10);
  CHECK(store.Holds(29));
  CHECK_FALSE(store.Holds(1));
  CHECK(store.CountTraces(acme) >= 4);
}

TEST_CASE("memory store: bytes are given back with the traces", "[memory]") {
  OpenStore store({.max_bytes = kMegabyte});
  // Batches of two traces share their memory; it goes with the second.
  for (std::uint64_t trace = 1; trace <= 1000; trace += 2) {
    MustWrite(*store.storage, {SpanOf(trace, 10'000), SpanOf(trace + 1, 10'000)});
  }
  const std::size_t kept = store.CountTraces();
  CHECK(kept >= 80);
  CHECK(kept <= 104);
}

TEST_CASE("memory store: a batch that can never fit is refused for good", "[memory]") {
  OpenStore store({.max_bytes = kMegabyte});
  MustWrite(*store.storage, {SpanOf(1)});
  const WriteResult result = WriteAndWait(*store.storage, {}, MakeBatch({SpanOf(2, kMegabyte)}));
  CHECK(result.outcome == WriteResult::Outcome::kRefused);
  CHECK(result.status.error().code == ErrorCode::kInvalidArgument);
  CHECK(result.rejected == 1);
  CHECK(store.Holds(1));
}

TEST_CASE("memory store: a stream outlives the eviction of its traces", "[memory]") {
  OpenStore store({.max_traces = 1});
  MustWrite(*store.storage, {SpanOf(1)});
  auto stream = store.storage->trace_reader().FindTraces({}, {});
  MustWrite(*store.storage, {SpanOf(2)});
  CHECK_FALSE(store.Holds(1));
  CHECK(IdsOf(MustReadAll(std::move(stream))) == std::vector<TraceId>{{0, 1}});
}

Status ArchiveTrace(Storage& storage, std::uint64_t trace) {
  auto stream = storage.trace_reader().GetTraces({}, {{{0, trace}, {}}});
  REQUIRE(stream.ok());
  return storage.archive_writer()->Archive({}, *std::move(stream));
}

TEST_CASE("memory store: retention leaves the archive alone", "[memory]") {
  OpenStore store({.max_traces = 1});
  MustWrite(*store.storage, {SpanOf(1)});
  REQUIRE(ArchiveTrace(*store.storage, 1).ok());
  MustWrite(*store.storage, {SpanOf(2)});
  CHECK_FALSE(store.Holds(1));
  CHECK_FALSE(MustReadTrace(*store.storage->archive_reader(), {0, 1}).spans.empty());
}

TEST_CASE("memory store: the archive takes half of max-bytes, from what traces may take",
          "[memory]") {
  OpenStore store({.max_bytes = kMegabyte});
  Status archived;
  std::uint64_t trace = 0;
  while (archived.ok() && trace < 20) {
    MustWrite(*store.storage, {SpanOf(++trace, 100'000)});
    archived = ArchiveTrace(*store.storage, trace);
  }
  REQUIRE_FALSE(archived.ok());
  CHECK(archived.error().code == ErrorCode::kResourceExhausted);
  CHECK(trace >= 5);
  CHECK(trace <= 6);
  CHECK_FALSE(MustReadTrace(*store.storage->archive_reader(), {0, 1}).spans.empty());
  for (std::uint64_t more = 100; more < 120; ++more) {
    MustWrite(*store.storage, {SpanOf(more, 100'000)});
  }
  CHECK(store.CountTraces() <= 6);
}

TEST_CASE("memory store: debug facts and metrics tell use, limits and evictions", "[memory]") {
  OpenStore store({.max_traces = 2});
  MustWrite(*store.storage, {SpanOf(1), SpanOf(2), SpanOf(3)});
  MustWrite(*store.storage, {SpanOf(3)});
  const std::string json = store.storage->DebugJson();
  CAPTURE(json);
  for (const char* const fact :
       {"\"tenants\":1", "\"traces\":2", "\"max_traces_per_tenant\":2", "\"spans\":2",
        "\"max_bytes\":268435456", "\"evicted_traces\":1", "\"evicted_spans\":1",
        "\"repeated_spans\":1", "\"archived_traces\":0"}) {
    CHECK(json.find(fact) != std::string::npos);
  }
  const std::string metrics = store.metrics.Serialize();
  CAPTURE(metrics);
  CHECK(metrics.find("pugmark_memory_traces 2") != std::string::npos);
  CHECK(metrics.find("pugmark_memory_evicted_spans_total 1") != std::string::npos);
}

TEST_CASE("memory store: a lease ends by the clock", "[memory]") {
  OpenStore store({});
  SamplingStore& sampling = *store.storage->sampling_store();
  const std::chrono::seconds ttl(60);
  CHECK(*sampling.AcquireLease("leader", "a", ttl));
  store.clock.Advance(ttl - Nanoseconds(1));
  CHECK_FALSE(*sampling.AcquireLease("leader", "b", ttl));
  store.clock.Advance(Nanoseconds(1));
  CHECK(*sampling.AcquireLease("leader", "b", ttl));
  CHECK_FALSE(*sampling.AcquireLease("leader", "a", ttl));
}

TEST_CASE("memory store: listings stop at their cap and say so", "[memory]") {
  OpenStore store({});
  std::vector<TestSpan> spans;
  for (std::uint64_t i = 0; i <= 10'000; ++i) {
    spans.push_back({.span_id = i, .resource = {.service_name = std::to_string(i)}});
  }
  MustWrite(*store.storage, spans);
  const auto services = store.storage->trace_reader().GetServices({});
  CHECK(services->items.size() == 10'000);
  CHECK(services->truncated);
}

TEST_CASE("memory store: too small a bound is refused", "[memory]") {
  Metrics metrics;
  const auto opened = OpenMemoryStorage({.max_bytes = 1000}, metrics);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().message.find("memory.max-bytes") != std::string::npos);
}

}  // namespace
}  // namespace pugmark::testing
