// What the owner of a store does beside the contract that all backends share.
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "storage/rocks/owner_database.h"
#include "storage/rocks/schema.h"
#include "tests/unit/rocks/rocks_fixture.h"

namespace pugmark::rocks {
namespace {

using testing::kTestTime;
using testing::MakeBatch;
using testing::MustWrite;
using testing::WriteAndWait;

const auto kLater = [] { return std::chrono::steady_clock::now() + std::chrono::seconds(30); };

TEST_CASE("rocks owner: a second one is told that the folder is taken", "[rocks][owner]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  const auto second = rocks.Open(StorageRole::kOwner);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == ErrorCode::kFailedPrecondition);
  CHECK_THAT(second.error().message, Catch::Contains(rocks.directory()));
  CHECK_THAT(second.error().message, Catch::Contains("another process owns"));
  owner.reset();
  CHECK(rocks.Open(StorageRole::kOwner).ok());
}

TEST_CASE("rocks owner: a store of a newer version is refused by owner and reader",
          "[rocks][owner]") {
  TestRocks rocks;
  rocks.OpenOwner().reset();
  {
    OwnerDatabaseOptions options;
    options.directory = rocks.directory();
    auto database = OwnerDatabase::Open(options);
    REQUIRE(database.ok());
    RowBatch rows;
    rows.Put(kSchemaKey, SchemaValue(kSchemaVersion + 1));
    REQUIRE((*database)->Write(rows, true).ok());
  }
  for (const StorageRole role : {StorageRole::kOwner, StorageRole::kReader}) {
    const auto opened = rocks.Open(role);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().code == ErrorCode::kFailedPrecondition);
    CHECK_THAT(opened.error().message, Catch::Contains("format version 2"));
    CHECK_THAT(opened.error().message, Catch::Contains(rocks.directory()));
  }
}

TEST_CASE("rocks owner: an ephemeral store is gone at its end", "[rocks][owner]") {
  TestRocks rocks;
  rocks.config.ephemeral = true;
  const auto temporary = std::filesystem::temp_directory_path();
  const auto folders = [&] {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(temporary)) {
      const std::string name = entry.path().filename().string();
      count += name.starts_with("pugmark-") && !name.starts_with("pugmark-test") &&
                       std::filesystem::exists(entry.path() / "CURRENT")
                   ? 1
                   : 0;
    }
    return count;
  };
  const std::size_t before = folders();
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(1)});
  CHECK(CountFound(*owner, 1, 1) == 1);
  CHECK(folders() >= before + 1);
  CHECK_FALSE(std::filesystem::exists(rocks.directory()));
  owner.reset();
  CHECK(folders() <= before + 1);

  const auto reader = rocks.Open(StorageRole::kReader);
  REQUIRE_FALSE(reader.ok());
  CHECK(reader.error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("rocks owner: bad options name the option and the range", "[rocks][config]") {
  RocksConfig config;
  std::string name;
  SECTION("sync") {
    config.sync = "sometimes";
    name = "rocksdb.sync: want group, every or none, got \"sometimes\"";
  }
  SECTION("ttl") {
    config.span_store_ttl = Nanoseconds(-1);
    name = "rocksdb.span-store-ttl: want 0 or more";
  }
  SECTION("directory") {
    config.directory = "";
    name = "rocksdb.directory";
  }
  const Status valid = config.Validate();
  REQUIRE_FALSE(valid);
  CHECK(valid.error().code == ErrorCode::kInvalidArgument);
  CHECK_THAT(valid.error().message, Catch::Contains(name));
}

TEST_CASE("rocks owner: every sync mode stores and acknowledges", "[rocks][owner]") {
  FaultyLogs files;
  TestRocks rocks;
  rocks.environment.file_system = files.file_system();
  rocks.config.sync = GENERATE("group", "every", "none");
  CAPTURE(rocks.config.sync);
  auto owner = rocks.OpenOwner();
  const int before = files.syncs;
  for (std::uint64_t i = 0; i < 5; ++i) {
    MustWrite(*owner, {NumberedSpan(i)});
  }
  // One at a time: nobody shares a sync.
  CHECK(files.syncs - before == (rocks.config.sync == "none" ? 0 : 5));
  CHECK(CountFound(*owner, 0, 4) == 5);
}

TEST_CASE("rocks owner: expired spans are hidden at once and dropped when files are rewritten",
          "[rocks][retention]") {
  TestRocks rocks;
  rocks.config.span_store_ttl = std::chrono::hours(1);
  auto owner = rocks.OpenOwner();
  auto span = NumberedSpan(1);
  span.resource.service_name = "old";
  MustWrite(*owner, {span});
  rocks.clock.Advance(std::chrono::minutes(40));
  span = NumberedSpan(2);
  span.resource.service_name = "new";
  MustWrite(*owner, {span});
  const auto services = [&] { return owner->trace_reader().GetServices({})->items; };
  const auto found = [&] { return owner->trace_reader().FindTraceIds({}, {})->items.size(); };
  const auto trace_is_there = [&](std::uint64_t number) {
    return !testing::MustReadTrace(owner->trace_reader(), NumberedSpan(number).trace_id)
                .spans.empty();
  };
  CHECK(found() == 2);
  CHECK(services() == std::vector<std::string>{"new", "old"});

  rocks.clock.Advance(std::chrono::minutes(21));
  CHECK(found() == 1);
  CHECK_FALSE(trace_is_there(1));
  CHECK(trace_is_there(2));
  // A service stays listed up to an eighth of the time longer than its spans.
  rocks.clock.Advance(std::chrono::minutes(8));
  CHECK(services() == std::vector<std::string>{"new"});

  rocks.clock.Advance(std::chrono::hours(2));
  CHECK(found() == 0);
  CHECK(services().empty());
  REQUIRE(CompactForTest(*owner).ok());
  // Had the rows only been hidden, they would show again.
  rocks.clock.Advance(-std::chrono::hours(3));
  CHECK(found() == 0);
  CHECK_FALSE(trace_is_there(2));
  CHECK(services().empty());
  MustWrite(*owner, {NumberedSpan(3)});
  CHECK(CountFound(*owner, 3, 3) == 1);
}

TEST_CASE("rocks owner: a clock that jumps ahead hides spans and deletes nothing",
          "[rocks][retention]") {
  TestRocks rocks;
  rocks.environment.jump_patience = std::chrono::hours(1);
  rocks.config.span_store_ttl = std::chrono::hours(72);
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(1)});
  const auto jump = std::chrono::hours(24 * 365);
  rocks.clock.Advance(jump);
  CHECK(owner->trace_reader().FindTraceIds({}, {})->items.empty());
  REQUIRE(CompactForTest(*owner).ok());
  // Also for a process that knows nothing but the wrong time.
  owner.reset();
  owner = rocks.OpenOwner();
  REQUIRE(CompactForTest(*owner).ok());
  rocks.clock.Advance(-jump);
  CHECK(CountFound(*owner, 1, 1) == 1);
}

TEST_CASE("rocks owner: without a time to live everything stays", "[rocks][retention]") {
  TestRocks rocks;
  rocks.config.span_store_ttl = Nanoseconds(0);
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(1)});
  rocks.clock.Advance(std::chrono::hours(24 * 365 * 20));
  REQUIRE(CompactForTest(*owner).ok());
  CHECK(CountFound(*owner, 1, 1) == 1);
}

TEST_CASE("rocks owner: files of expired blocks go at once, others stay", "[rocks][retention]") {
  testing::TempDir folder;
  OwnerDatabaseOptions options;
  options.directory = folder.path() / "store";
  auto database = OwnerDatabase::Open(options);
  REQUIRE(database.ok());
  // One file per tenant and round, compacted to a level where a file holds these blocks alone.
  for (BlockId block = 1; block <= 200; ++block) {
    RowBatch rows;
    for (const char* const tenant : {"", "acme"}) {
      rows.Put(BlockKey(tenant, block), std::string(1000, static_cast<char>(block)));
    }
    REQUIRE((*database)->Write(rows, false).ok());
  }
  REQUIRE((*database)->Flush().ok());
  REQUIRE((*database)->Compact().ok());
  REQUIRE((*database)->DropBlocksBefore(100).ok());
  // All lie in one file here, which holds newer ones too: it must stay whole.
  for (const BlockId block : {BlockId{1}, BlockId{99}, BlockId{200}}) {
    CHECK((*database)->Get(BlockKey("acme", block))->has_value());
  }
  CHECK(*(*database)->NewestBlock() == 200);
}

TEST_CASE("rocks owner: ids go on rising when the clock was set back", "[rocks][owner]") {
  TestRocks rocks;
  rocks.config.span_store_ttl = Nanoseconds(0);
  {
    auto owner = rocks.OpenOwner();
    for (std::uint64_t i = 0; i < 10; ++i) {
      MustWrite(*owner, {NumberedSpan(i)});
    }
  }
  rocks.clock.Advance(-std::chrono::hours(5));
  auto owner = rocks.OpenOwner();
  for (std::uint64_t i = 10; i < 20; ++i) {
    MustWrite(*owner, {NumberedSpan(i)});
  }
  CHECK(CountFound(*owner, 0, 19) == 20);
}

TEST_CASE("rocks owner: a full disk is refused in time, and taken again", "[rocks][space]") {
  TestRocks rocks;
  rocks.free_share = 0.09;
  auto owner = rocks.OpenOwner();
  const WriteResult refused = WriteAndWait(*owner, {}, MakeBatch({NumberedSpan(1)}));
  CHECK(refused.outcome == WriteResult::Outcome::kRefused);
  REQUIRE_FALSE(refused.status);
  CHECK(refused.status.error().code == ErrorCode::kUnavailable);
  CHECK(refused.retry_after.count() > 0);
  CHECK_FALSE(owner->Health().ok());
  CHECK(CountFound(*owner, 1, 1) == 0);

  rocks.free_share = 0.11;
  const auto give_up = kLater();
  while (!owner->Health().ok() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  MustWrite(*owner, {NumberedSpan(1)});
  CHECK(CountFound(*owner, 1, 1) == 1);
  CHECK(rocks.fatal_reasons().empty());
}

TEST_CASE("rocks owner: the share of free space is a share", "[rocks][space]") {
  const double share = FreeShareOfDisk("/tmp");
  CHECK(share >= 0);
  CHECK(share <= 1);
  CHECK(FreeShareOfDisk("/nonexistent/folder") == 1);
}

TEST_CASE("rocks owner: draining refuses new writes, keeps what was written, and may be repeated",
          "[rocks][owner]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(1)});
  REQUIRE(owner->Drain(kLater()).ok());
  const WriteResult refused = WriteAndWait(*owner, {}, MakeBatch({NumberedSpan(2)}));
  CHECK(refused.outcome == WriteResult::Outcome::kRefused);
  REQUIRE_FALSE(refused.status);
  CHECK(refused.status.error().code == ErrorCode::kUnavailable);
  CHECK(owner->Drain(kLater()).ok());
  CHECK(CountFound(*owner, 1, 1) == 1);
}

TEST_CASE("rocks owner: a tenant that fits no key is refused for good", "[rocks][owner]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  const RequestContext longest{.tenant = std::string(255, 't')};
  MustWrite(*owner, {NumberedSpan(1)}, longest);
  CHECK_FALSE(testing::MustReadTrace(owner->trace_reader(), NumberedSpan(1).trace_id, longest)
                  .spans.empty());
  const WriteResult refused =
      WriteAndWait(*owner, {.tenant = std::string(256, 't')}, MakeBatch({NumberedSpan(1)}));
  CHECK(refused.outcome == WriteResult::Outcome::kRefused);
  CHECK(refused.status.error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("rocks owner: a batch of many blocks is stored whole", "[rocks][owner]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  std::vector<testing::TestSpan> spans;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    auto span = NumberedSpan(i);
    span.trace_id = {0, 7};
    spans.push_back(span);
  }
  MustWrite(*owner, spans);
  const auto batch = MakeBatch(spans);
  const testing::ReadTrace trace = testing::MustReadTrace(owner->trace_reader(), {0, 7});
  CHECK(trace.chunks.size() > 1);
  CHECK(testing::SameSpans(trace.spans, testing::PointersTo(batch->spans())));
}

TEST_CASE("rocks owner: a small byte budget is an error, not a cut trace", "[rocks][owner]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  std::vector<testing::TestSpan> spans;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    auto span = NumberedSpan(i);
    span.trace_id = {0, 7};
    spans.push_back(span);
  }
  MustWrite(*owner, spans);
  const auto read = testing::ReadAll(
      owner->trace_reader().GetTraces({.byte_budget = 100'000}, {{.trace_id = {0, 7}}}));
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == ErrorCode::kResourceExhausted);
}

TEST_CASE("rocks owner: facts for operators are a JSON object", "[rocks][owner]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(1), NumberedSpan(2)});
  const std::string json = owner->DebugJson();
  CHECK(json.front() == '{');
  CHECK(json.back() == '}');
  CHECK_THAT(json, Catch::Contains("\"written_spans\":2"));
  CHECK_THAT(json, Catch::Contains("\"syncs\":1"));
}

}  // namespace
}  // namespace pugmark::rocks
