#include <catch2/catch.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/storage_engine/engine_support.h"
#include "tests/unit/storage_engine/random_spans.h"

namespace pugmark::test {
namespace {

using engine::EngineOptions;
using engine::SealStep;

// Batch `number`: a trace of its own, the same whenever it is made.
std::unique_ptr<SpanBatch> NumberedBatch(std::uint64_t number) {
  RandomSpans random(number);
  auto batch = random.Batch(12);
  for (Span& span : batch->spans()) {
    span.trace_id = {7, number + 1};
  }
  return batch;
}

bool HasNumbered(Storage& storage, std::uint64_t number) {
  const auto wanted = NumberedBatch(number);
  std::vector<const Span*> spans;
  for (const Span& span : wanted->spans()) {
    spans.push_back(&span);
  }
  return HasExactly(ReadTraceOf(storage, {7, number + 1}), spans);
}

// Writes batches from `first` on in a child process, telling each acknowledgement through the
// returned descriptor, until `after_step` ends it or it is killed.
struct Child {
  pid_t process = 0;
  int acks = -1;

  // Reads until the child has gone or `enough` are there; returns how many.
  [[nodiscard]] std::uint64_t Read(std::uint64_t enough = ~std::uint64_t{0}) const {
    std::uint64_t count = 0;
    char ack = 0;
    while (count < enough && ::read(acks, &ack, 1) == 1) {
      ++count;
    }
    return count;
  }
  void Kill() const { ::kill(process, SIGKILL); }
  void Wait() const {
    int status = 0;
    ::waitpid(process, &status, 0);
    ::close(acks);
  }
};

Child StartWriter(const std::string& folder, EngineOptions options, std::uint64_t first) {
  int pipe[2];
  REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  const pid_t process = ::fork();
  REQUIRE(process >= 0);
  if (process == 0) {
    ::close(pipe[0]);
    auto storage = OpenStore(folder, options);
    for (std::uint64_t number = first; storage.ok() && number < first + 2'000; ++number) {
      if (WriteBatch(**storage, NumberedBatch(number)).outcome !=
              WriteResult::Outcome::kCommitted ||
          ::write(pipe[1], "a", 1) != 1) {
        break;
      }
    }
    ::_exit(0);
  }
  ::close(pipe[1]);
  return {process, pipe[0]};
}

TEST_CASE("engine: a kill at any step of sealing loses nothing and doubles nothing",
          "[engine][crash]") {
  const Folder folder;
  std::uint64_t written = 0;
  for (const SealStep step : {SealStep::kBuilt, SealStep::kIngested, SealStep::kCommitted,
                              SealStep::kReplaced, SealStep::kTrimmed}) {
    CAPTURE(static_cast<int>(step));
    EngineOptions options = SmallHeads();
    int seen = 0;
    options.after_step = [&seen, step](SealStep at) {
      if (at == step && ++seen == 3) {
        ::kill(::getpid(), SIGKILL);
      }
    };
    const Child child = StartWriter(folder.path(), options, written);
    written += child.Read();
    child.Wait();
    auto storage = OpenStore(folder.path(), SmallHeads());
    REQUIRE(storage.ok());
    for (std::uint64_t number = 0; number < written; ++number) {
      CAPTURE(number);
      REQUIRE(HasNumbered(**storage, number));
    }
    CHECK(DebugNumber(**storage, "damaged_records") == 0);
    // A batch may have been written and not acknowledged: the next writer's may repeat it.
    const auto head = ReadTraceOf(**storage, {7, written + 1});
    CHECK((head.spans.empty() || HasNumbered(**storage, written)));
  }
  CHECK(written > 50);
}

TEST_CASE("engine: kills at random moments lose nothing", "[engine][crash]") {
  const Folder folder;
  std::uint64_t written = 0;
  for (std::uint64_t round = 0; round < 6; ++round) {
    const Child child = StartWriter(folder.path(), SmallHeads(), written);
    std::uint64_t acknowledged = child.Read(7 + 11 * round);
    child.Kill();
    acknowledged += child.Read();
    child.Wait();
    written += acknowledged;
    auto storage = OpenStore(folder.path(), SmallHeads());
    REQUIRE(storage.ok());
    for (std::uint64_t number = 0; number < written; ++number) {
      CAPTURE(round, number);
      REQUIRE(HasNumbered(**storage, number));
    }
  }
}

TEST_CASE("engine: a reader in another process never misses what was acknowledged",
          "[engine][follower]") {
  const Folder folder;
  { REQUIRE(OpenStore(folder.path(), SmallHeads()).ok()); }
  const Child child = StartWriter(folder.path(), SmallHeads(), 0);
  REQUIRE(child.Read(1) == 1);
  auto reader = OpenStore(folder.path(), SmallHeads(), {}, {}, StorageRole::kReader);
  REQUIRE(reader.ok());
  CHECK((*reader)->span_writer() == nullptr);
  std::uint64_t acknowledged = 1;
  std::uint64_t missing = 0;
  while (acknowledged < 150) {
    acknowledged += child.Read(1);
    // The newest, and one from anywhere before.
    missing += HasNumbered(**reader, acknowledged - 1) ? 0 : 1;
    missing += HasNumbered(**reader, acknowledged * 7919 % acknowledged) ? 0 : 1;
    missing += HasNumbered(**reader, acknowledged / 2) ? 0 : 1;
  }
  CHECK(missing == 0);
  const auto services = (*reader)->trace_reader().GetServices({});
  REQUIRE(services.ok());
  CHECK_FALSE(services->items.empty());
  CHECK((*reader)->Health().ok());
  child.Kill();
  child.Wait();
}

TEST_CASE("engine: segments past their time go, and so do the oldest beyond the bytes",
          "[engine][retention]") {
  const Folder folder;
  SetClock clock;
  rocks::RocksEnvironment environment;
  environment.clock = &clock;
  environment.maintenance_interval = std::chrono::milliseconds(5);
  RocksConfig config;
  config.span_store_ttl = std::chrono::hours(1);
  EngineOptions options = SmallHeads();
  SECTION("by age") {
    auto storage = OpenStore(folder.path(), options, config, environment);
    REQUIRE(storage.ok());
    for (std::uint64_t i = 0; i < 20; ++i) {
      WriteBatch(**storage, NumberedBatch(i));
    }
    REQUIRE(Eventually([&] { return DebugNumber(**storage, "segments") >= 3; }));
    CHECK(HasNumbered(**storage, 0));
    const auto pinned = (*storage)->trace_reader().GetTraces({}, {{{7, 1}, {}}});
    clock.now += std::chrono::minutes(61);
    REQUIRE(Eventually([&] { return DebugNumber(**storage, "segments") == 0; }));
    CHECK(ReadTraceOf(**storage, {7, 1}).spans.empty());
    // The stream that was opened before still has its view.
    auto chunk = (*pinned)->Next();
    REQUIRE(chunk.ok());
    CHECK(*chunk != nullptr);
    REQUIRE(Eventually([&] { return (*storage)->trace_reader().GetServices({})->items.empty(); }));
  }
  SECTION("by bytes") {
    options.max_bytes = 60'000;
    auto storage = OpenStore(folder.path(), options, config, environment);
    REQUIRE(storage.ok());
    for (std::uint64_t i = 0; i < 60; ++i) {
      WriteBatch(**storage, NumberedBatch(i));
    }
    REQUIRE(Eventually([&] {
      return DebugNumber(**storage, "dropped_segments") > 0 &&
             DebugNumber(**storage, "segment_bytes") <= 60'000;
    }));
    CHECK(ReadTraceOf(**storage, {7, 1}).spans.empty());
    CHECK(HasNumbered(**storage, 59));
    REQUIRE(Eventually([&] { return DebugNumber(**storage, "segment_file_bytes") < 90'000; }));
  }
}

TEST_CASE("engine: writes are refused while the disk is nearly full", "[engine][retention]") {
  const Folder folder;
  std::atomic<double> free_share{0.5};
  rocks::RocksEnvironment environment;
  environment.free_share = [&free_share](const std::string&) { return free_share.load(); };
  environment.maintenance_interval = std::chrono::milliseconds(5);
  auto storage = OpenStore(folder.path(), SmallHeads(), {}, environment);
  REQUIRE(storage.ok());
  CHECK(WriteBatch(**storage, NumberedBatch(0)).outcome == WriteResult::Outcome::kCommitted);
  free_share = 0.05;
  REQUIRE(Eventually([&] { return !(*storage)->Health().ok(); }));
  const WriteResult refused = WriteBatch(**storage, NumberedBatch(1));
  CHECK(refused.outcome == WriteResult::Outcome::kRefused);
  CHECK(refused.retry_after.count() > 0);
  CHECK(HasNumbered(**storage, 0));
  free_share = 0.5;
  REQUIRE(Eventually([&] { return (*storage)->Health().ok(); }));
  CHECK(WriteBatch(**storage, NumberedBatch(1)).outcome == WriteResult::Outcome::kCommitted);
}

TEST_CASE("engine: a damaged segment is left out, the rest answers", "[engine][damage]") {
  const Folder folder;
  EngineOptions options = SmallHeads();
  constexpr std::uint64_t kBatches = 40;
  {
    auto storage = OpenStore(folder.path(), options);
    REQUIRE(storage.ok());
    for (std::uint64_t i = 0; i < kBatches; ++i) {
      WriteBatch(**storage, NumberedBatch(i));
    }
    REQUIRE(Eventually([&] { return DebugNumber(**storage, "segments") >= 5; }));
  }
  // One file of many, damaged in its middle.
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    if (file.path().extension() == ".sst" && file.file_size() > 10'000) {
      std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
      bytes.seekp(static_cast<std::streamoff>(file.file_size() / 3));
      bytes << std::string(4'000, '\x5a');
      break;
    }
  }
  auto storage = OpenStore(folder.path(), options);
  REQUIRE(storage.ok());
  const long long before = DebugNumber(**storage, "damaged_parts");
  std::uint64_t whole = 0;
  for (std::uint64_t i = 0; i < kBatches; ++i) {
    whole += HasNumbered(**storage, i) ? 1 : 0;
  }
  CHECK(whole >= kBatches - 12);
  CHECK(whole < kBatches);
  CHECK(DebugNumber(**storage, "damaged_parts") > before);
  TraceQuery query;
  query.limit = 1'000;
  const auto page = (*storage)->trace_reader().FindTraceIds({}, query);
  REQUIRE(page.ok());
  CHECK(page->items.size() >= kBatches - 12);
}

TEST_CASE("engine: two owners of one folder are refused", "[engine]") {
  const Folder folder;
  auto storage = OpenStore(folder.path(), SmallHeads());
  REQUIRE(storage.ok());
  const auto second = OpenStore(folder.path(), SmallHeads());
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == ErrorCode::kFailedPrecondition);
  const Folder empty;
  const auto reader = OpenStore(empty.path() + "/none", SmallHeads(), {}, {}, StorageRole::kReader);
  REQUIRE_FALSE(reader.ok());
  CHECK(reader.error().code == ErrorCode::kUnavailable);
}

TEST_CASE("engine: many names, keys and tenants stay bounded and found", "[engine][bounds]") {
  const Folder folder;
  EngineOptions options;
  options.head.types = 200;
  options.head.columns = 64;
  options.head.tenants = 8;
  auto storage = OpenStore(folder.path(), options);
  REQUIRE(storage.ok());
  SpanBatch* last = nullptr;
  for (std::uint64_t i = 0; i < 12; ++i) {
    auto batch = std::make_unique<SpanBatch>(std::string());
    Arena& arena = batch->arena();
    auto* const resource = arena.Allocate<Resource>(1);
    *resource = Resource{};
    resource->service_name = "s";
    auto* const spans = arena.Allocate<Span>(100);
    for (std::uint64_t n = 0; n < 100; ++n) {
      spans[n] = Span{};
      spans[n].trace_id = {i + 1, n + 1};
      spans[n].span_id = n + 1;
      spans[n].resource = resource;
      spans[n].name = arena.CopyText("operation " + std::to_string(i * 100 + n));
      auto* const attributes = arena.Allocate<Attribute>(2);
      attributes[0] = {arena.CopyText("key " + std::to_string(i * 100 + n)), Value::String("v")};
      attributes[1] = {"same", Value::Int(static_cast<std::int64_t>(n))};
      spans[n].attributes = {attributes, 2};
    }
    batch->SetContents({spans, 100}, {resource, 1});
    last = batch.get();
    REQUIRE(WriteBatch(**storage, std::move(batch), i < 6 ? "" : "tenant " + std::to_string(i))
                .outcome == WriteResult::Outcome::kCommitted);
  }
  (void)last;
  REQUIRE(Eventually([&] { return DebugNumber(**storage, "segments") >= 4; }));
  CHECK(ReadTraceOf(**storage, {3, 50}).spans.size() == 1);
  CHECK(ReadTraceOf(**storage, {9, 50}).spans.empty());
  CHECK(ReadTraceOf(**storage, {9, 50}, "tenant 8").spans.size() == 1);
  TraceQuery query;
  query.filter = JaegerTagEquals("key 431", "v");
  const auto found = (*storage)->trace_reader().FindTraceIds({}, query);
  REQUIRE(found.ok());
  REQUIRE(found->items.size() == 1);
  CHECK(found->items.front().trace_id == TraceId{5, 32});
}

}  // namespace
}  // namespace pugmark::test
