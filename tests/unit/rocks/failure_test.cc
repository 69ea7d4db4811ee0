// The disk fails under the store.
#include <catch2/catch.hpp>
#include <thread>

#include "storage/rocks/rocks_environment.h"
#include "tests/unit/rocks/rocks_fixture.h"

namespace pugmark::rocks {
namespace {

using testing::MakeBatch;
using testing::MustWrite;
using testing::WriteAndWait;

void CheckFatal(TestRocks& rocks, Storage& owner) {
  CHECK(rocks.fatal_reasons().size() == 1);
  REQUIRE_FALSE(owner.Health().ok());
  const WriteResult later = WriteAndWait(owner, {}, MakeBatch({NumberedSpan(3)}));
  CHECK(later.outcome == WriteResult::Outcome::kRefused);
  REQUIRE_FALSE(later.status);
  CHECK(later.status.error().code == ErrorCode::kUnavailable);
  // Reads go on.
  CHECK(CountFound(owner, 1, 1) == 1);
  CHECK(rocks.fatal_reasons().size() == 1);
}

TEST_CASE("rocks failure: nobody is told that an unsynced write is safe", "[rocks][failure]") {
  FaultyLogs files;
  TestRocks rocks;
  rocks.environment.file_system = files.file_system();
  rocks.config.sync = GENERATE("group", "every");
  CAPTURE(rocks.config.sync);
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(1)});
  files.fail_sync = true;
  const WriteResult result = WriteAndWait(*owner, {}, MakeBatch({NumberedSpan(2)}));
  CHECK(result.outcome == WriteResult::Outcome::kUnknown);
  REQUIRE_FALSE(result.status);
  CHECK(result.status.error().code == ErrorCode::kUnavailable);
  CHECK_THAT(result.status.error().message, Catch::Contains("injected sync error"));
  // The group's writers are told before the process is.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (rocks.fatal_reasons().empty() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  files.fail_sync = false;
  CheckFatal(rocks, *owner);

  owner.reset();
  owner = rocks.OpenOwner();
  CHECK(CountFound(*owner, 1, 1) == 1);
  MustWrite(*owner, {NumberedSpan(4)});
}

TEST_CASE("rocks failure: a write that the log does not take is unknown", "[rocks][failure]") {
  FaultyLogs files;
  TestRocks rocks;
  rocks.environment.file_system = files.file_system();
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(1)});
  files.fail_append = true;
  const WriteResult result = WriteAndWait(*owner, {}, MakeBatch({NumberedSpan(2)}));
  CHECK(result.outcome == WriteResult::Outcome::kUnknown);
  REQUIRE_FALSE(result.status);
  files.fail_append = false;
  CheckFatal(rocks, *owner);
}

TEST_CASE("rocks failure: a file that cannot be written ends the store", "[rocks][failure]") {
  FaultyLogs files;
  TestRocks rocks;
  rocks.environment.file_system = files.file_system();
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(1)});
  files.fail_tables = true;
  CHECK_FALSE(CompactForTest(*owner).ok());
  CheckFatal(rocks, *owner);
}

}  // namespace
}  // namespace pugmark::rocks
