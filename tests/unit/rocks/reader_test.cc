// A process that reads beside the owner.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "storage/rocks/reader_database.h"
#include "storage/rocks/rocks_environment.h"
#include "tests/unit/rocks/rocks_fixture.h"

extern char** environ;

namespace pugmark::rocks {
namespace {

using testing::MustReadTrace;
using testing::MustWrite;

// After this a reader must show what was acknowledged before.
void AwaitFreshness() {
  std::this_thread::sleep_for(ReaderDatabase::kFreshness + std::chrono::milliseconds(5));
}

std::size_t CountAll(Storage& storage) {
  const auto page = storage.trace_reader().FindTraceIds({}, {.limit = 1'000'000});
  REQUIRE(page.ok());
  return page->items.size();
}

TEST_CASE("rocks reader: a folder without a store is waited for", "[rocks][reader]") {
  TestRocks rocks;
  if (GENERATE(false, true)) {
    std::filesystem::create_directories(rocks.directory());
  }
  const auto opened = rocks.Open(StorageRole::kReader);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::kUnavailable);
  CHECK_THAT(opened.error().message, Catch::Contains(rocks.directory()));
  CHECK_THAT(opened.error().message, Catch::Contains("waiting"));

  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(1)});
  CHECK(CountFound(*rocks.OpenReader(), 1, 1) == 1);
}

TEST_CASE("rocks reader: it offers reading alone", "[rocks][reader]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  auto reader = rocks.OpenReader();
  CHECK(reader->span_writer() == nullptr);
  CHECK(reader->sampling_store() == nullptr);
  CHECK_FALSE(reader->capabilities().read_your_writes);
  CHECK(reader->Health().ok());
  CHECK(reader->Drain(std::chrono::steady_clock::now()).ok());
}

TEST_CASE("rocks reader: it leaves the owner's folder as it is", "[rocks][reader]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  const auto files = [&] {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(rocks.directory())) {
      names.push_back(entry.path().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  };
  const auto before = files();
  auto reader = rocks.OpenReader();
  CHECK(CountAll(*reader) == 0);
  reader.reset();
  CHECK(files() == before);
}

TEST_CASE("rocks reader: writes show up, also when they went into files meanwhile",
          "[rocks][reader]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  auto reader = rocks.OpenReader();
  auto second = rocks.OpenReader();
  std::uint64_t written = 0;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 20; ++i) {
      MustWrite(*owner, {NumberedSpan(written++)});
    }
    if (round % 3 == 1) {
      REQUIRE(CompactForTest(*owner).ok());
    }
    AwaitFreshness();
    CHECK(CountAll(*reader) == written);
    CHECK(CountFound(*reader, 0, written - 1) == written);
    CHECK(CountAll(*second) == written);
  }
  CHECK(reader->trace_reader().GetServices({})->items == std::vector<std::string>{"service"});
}

// Nothing that a reader showed may vanish, and nothing acknowledged may stay away, while files come
// and go.
TEST_CASE("rocks reader: no holes while the owner flushes and compacts", "[rocks][reader]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  auto reader = rocks.OpenReader();
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<bool> stop{false};
  std::atomic<bool> has_failed{false};
  std::thread writer([&] {
    for (std::uint64_t number = 0; !stop && !has_failed; ++number) {
      has_failed = has_failed || !WriteNumbered(*owner, number);
      acknowledged = has_failed ? number : number + 1;
    }
  });
  std::thread compactor([&] {
    while (!stop && !has_failed) {
      has_failed = has_failed || !CompactForTest(*owner).ok();
    }
  });
  std::size_t shown = 0;
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t must_be_there = acknowledged;
    AwaitFreshness();
    const std::size_t now = CountAll(*reader);
    CHECK(now >= must_be_there);
    CHECK(now >= shown);
    shown = now;
    if (must_be_there > 0) {
      const std::uint64_t first = must_be_there < 20 ? 0 : must_be_there - 20;
      CHECK(CountFound(*reader, first, must_be_there - 1) == must_be_there - first);
    }
  }
  stop = true;
  writer.join();
  compactor.join();
  CHECK_FALSE(has_failed);
  CHECK_THAT(reader->DebugJson(), Catch::Contains("\"reopened\":0"));
}

// The reader has read the list of files, and not yet the logs, when the owner makes a file of its
// newest rows and deletes their log.
TEST_CASE("rocks reader: rows that move into a file in the middle of a catch-up show",
          "[rocks][reader]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(0)});
  std::atomic<bool> is_armed{false};
  std::atomic<bool> hook_worked{false};
  rocks.environment.file_system = HookBeforeListing([&] {
    if (is_armed.exchange(false)) {
      hook_worked = CompactForTest(*owner).ok() && WriteNumbered(*owner, 2);
    }
  });
  auto reader = rocks.OpenReader();
  CHECK(CountAll(*reader) == 1);
  MustWrite(*owner, {NumberedSpan(1)});
  AwaitFreshness();
  is_armed = true;
  CHECK(CountAll(*reader) == 3);
  CHECK(hook_worked);
  CHECK(CountFound(*reader, 0, 2) == 3);
}

// The reader knows a file by name when the owner replaces it, more than once in a row.
TEST_CASE("rocks reader: rows whose file is replaced before it is opened show", "[rocks][reader]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(0)});
  std::atomic<int> replacements{0};
  rocks.environment.file_system = HookBeforeTable([&] {
    if (replacements > 0) {
      replacements -= CompactForTest(*owner).ok() ? 1 : 0;
    }
  });
  auto reader = rocks.OpenReader();
  CHECK(CountAll(*reader) == 1);
  for (std::uint64_t round = 1; round <= 3; ++round) {
    CAPTURE(round);
    MustWrite(*owner, {NumberedSpan(round)});
    AwaitFreshness();
    CHECK(CountAll(*reader) == round + 1);  // so far out of the log
    REQUIRE(CompactForTest(*owner).ok());
    AwaitFreshness();
    replacements = static_cast<int>(round);
    CHECK(CountAll(*reader) == round + 1);
    CHECK(replacements == 0);
    CHECK(CountFound(*reader, 0, round) == round + 1);
  }
}

TEST_CASE("rocks reader: a stream keeps its view while files are replaced", "[rocks][reader]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  for (std::uint64_t i = 0; i < 50; ++i) {
    MustWrite(*owner, {NumberedSpan(i)});
  }
  auto reader = rocks.OpenReader();
  Storage& from = GENERATE(true, false) ? *reader : *owner;
  auto stream = from.trace_reader().FindTraces({}, {.limit = 1000});
  REQUIRE(stream.ok());
  REQUIRE((*stream)->Next().ok());
  for (std::uint64_t i = 50; i < 100; ++i) {
    MustWrite(*owner, {NumberedSpan(i)});
    if (i % 10 == 0) {
      REQUIRE(CompactForTest(*owner).ok());
      AwaitFreshness();
      CHECK(CountAll(*reader) == i + 1);
    }
  }
  std::size_t traces = 1;
  while (true) {
    const auto chunk = (*stream)->Next();
    REQUIRE(chunk.ok());
    if (*chunk == nullptr) {
      break;
    }
    ++traces;
  }
  CHECK(traces == 50);
}

TEST_CASE("rocks reader: it goes on when the owner is closed and opened again", "[rocks][reader]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(0)});
  auto reader = rocks.OpenReader();
  for (std::uint64_t round = 1; round < 6; ++round) {
    owner.reset();
    AwaitFreshness();
    CHECK(CountAll(*reader) == round);
    owner = rocks.OpenOwner();
    MustWrite(*owner, {NumberedSpan(round)});
    AwaitFreshness();
    CHECK(CountAll(*reader) == round + 1);
    CHECK(CountFound(*reader, 0, round) == round + 1);
  }
}

TEST_CASE("rocks reader: it follows when the store is made anew", "[rocks][reader]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(0)});
  auto reader = rocks.OpenReader();
  CHECK(CountAll(*reader) == 1);
  owner.reset();
  std::filesystem::remove_all(rocks.directory());
  AwaitFreshness();
  const auto gone = reader->trace_reader().GetServices({});
  REQUIRE_FALSE(gone.ok());
  CHECK(gone.error().code == ErrorCode::kUnavailable);
  CHECK_FALSE(reader->Health().ok());

  owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(5)});
  MustWrite(*owner, {NumberedSpan(6)});
  AwaitFreshness();
  CHECK(CountAll(*reader) == 2);
  CHECK(CountFound(*reader, 5, 6) == 2);
  CHECK(reader->Health().ok());
}

TEST_CASE("rocks reader: a deadline ends the wait for a view", "[rocks][reader]") {
  TestRocks rocks;
  auto owner = rocks.OpenOwner();
  MustWrite(*owner, {NumberedSpan(0)});
  auto reader = rocks.OpenReader();
  const auto stream = testing::ReadAll(reader->trace_reader().GetTraces(
      {.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1)},
      {{.trace_id = NumberedSpan(0).trace_id}}));
  REQUIRE_FALSE(stream.ok());
  CHECK(stream.error().code == ErrorCode::kDeadlineExceeded);
}

constexpr const char* kOwnerCase = "rocks reader: the owner that is killed";
constexpr const char* kFolderVariable = "PUGMARK_KILLED_FOLDER";
constexpr const char* kFirstVariable = "PUGMARK_KILLED_FIRST";
constexpr int kAckDescriptor = 3;

// Runs in a process of its own.
TEST_CASE(kOwnerCase, "[.][reader]") {
  REQUIRE(std::getenv(kFolderVariable) != nullptr);
  TestRocks rocks;
  rocks.config.directory = std::getenv(kFolderVariable);
  auto owner = rocks.OpenOwner();
  for (std::uint64_t number = std::strtoull(std::getenv(kFirstVariable), nullptr, 10);; ++number) {
    MustWrite(*owner, {NumberedSpan(number)});
    if (number % 50 == 49) {
      REQUIRE(CompactForTest(*owner).ok());
    }
    REQUIRE(::write(kAckDescriptor, "a", 1) == 1);
  }
}

// Starts the owner, which writes from NumberedSpan(first) on, and kills it after `enough`
// acknowledgements. Returns the number behind the last one acknowledged.
std::uint64_t RunAndKillOwner(const std::string& folder, std::uint64_t first,
                              std::uint64_t enough) {
  int pipe[2];
  REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  ::setenv(kFolderVariable, folder.c_str(), 1);
  ::setenv(kFirstVariable, std::to_string(first).c_str(), 1);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], kAckDescriptor);
  std::string program = "/proc/self/exe";
  std::string test_case = kOwnerCase;
  char* const arguments[] = {program.data(), test_case.data(), nullptr};
  pid_t child = 0;
  REQUIRE(::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ) == 0);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  std::uint64_t acknowledged = 0;
  char ack = 0;
  while (::read(pipe[0], &ack, 1) == 1) {
    if (++acknowledged == enough) {
      ::kill(child, SIGKILL);
    }
  }
  ::close(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(acknowledged >= enough);
  return first + acknowledged;
}

TEST_CASE("rocks reader: it goes on while owners are killed and started again", "[rocks][reader]") {
  TestRocks rocks;
  rocks.OpenOwner().reset();
  auto reader = rocks.OpenReader();
  std::uint64_t next = 0;
  std::uint64_t acknowledged = 0;
  for (std::uint64_t round = 0; round < 6; ++round) {
    CAPTURE(round);
    const std::uint64_t first = next;
    next = RunAndKillOwner(rocks.directory(), first, 30 + 17 * round);
    AwaitFreshness();
    CHECK(CountFound(*reader, first, next - 1) == next - first);
    acknowledged += next - first;
    CHECK(CountAll(*reader) >= acknowledged);
    ++next;  // one more may have been stored without its acknowledgement
  }
  auto owner = rocks.OpenOwner();
  CHECK(CountAll(*owner) == CountAll(*reader));
}

}  // namespace
}  // namespace pugmark::rocks
