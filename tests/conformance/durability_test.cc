// What a store that persists has acknowledged is there after a restart and after kill -9.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <optional>
#include <string>

#include "tests/conformance/backend.h"
#include "tests/support/random_spans.h"
#include "tests/support/storage_access.h"

extern char** environ;

namespace pugmark::testing {
namespace {

constexpr const char* kWriterCase = "durability: the writer that is killed";
constexpr const char* kBackendVariable = "PUGMARK_KILLED_BACKEND";
constexpr const char* kFolderVariable = "PUGMARK_KILLED_FOLDER";
constexpr const char* kRoundVariable = "PUGMARK_KILLED_ROUND";
constexpr int kAckDescriptor = 3;

// Batch `number` of a round, the same whenever it is made.
std::vector<TestSpan> BatchOf(std::uint64_t round, std::uint64_t number) {
  RandomSpans random(round * 1000 + number);
  std::vector<TestSpan> spans;
  for (int i = 0; i < 20; ++i) {
    spans.push_back(random.Next(1, std::chrono::hours(1)));
    spans.back().trace_id = {round + 1, number + 1};
  }
  return spans;
}

// This program again, as the writer of a round. What it writes to `acks` arrives at its
// descriptor 3.
pid_t StartWriter(const Backend& backend, const std::string& folder, std::uint64_t round,
                  int acks) {
  ::setenv(kBackendVariable, backend.name.c_str(), 1);
  ::setenv(kFolderVariable, folder.c_str(), 1);
  ::setenv(kRoundVariable, std::to_string(round).c_str(), 1);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, acks, kAckDescriptor);
  std::string program = "/proc/self/exe";
  std::string test_case = kWriterCase;
  char* const arguments[] = {program.data(), test_case.data(), nullptr};
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  REQUIRE(failed == 0);
  return child;
}

// Lets a writer work until it has acknowledged some batches, then kills it. Returns how many it had
// acknowledged when it was gone.
std::uint64_t WriteAndKill(const Backend& backend, const std::string& folder, std::uint64_t round) {
  int pipe[2];
  REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  const pid_t child = StartWriter(backend, folder, round, pipe[1]);
  ::close(pipe[1]);
  std::uint64_t acknowledged = 0;
  const std::uint64_t enough = 5 + 13 * round;
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
  return acknowledged;
}

void CheckBatch(TestStore& store, std::uint64_t round, std::uint64_t number) {
  CAPTURE(round, number);
  const auto expected = MakeBatch(BatchOf(round, number));
  const TraceId id = expected->spans().front().trace_id;
  CHECK(SameSpans(MustReadTrace(store.reader(), id).spans, PointersTo(expected->spans())));
}

// Runs in a process of its own, see StartWriter.
TEST_CASE(kWriterCase, "[.][durability]") {
  const char* const name = std::getenv(kBackendVariable);
  REQUIRE(name != nullptr);
  const Backend* const backend = FindBackend(name);
  REQUIRE(backend != nullptr);
  const std::uint64_t round = std::strtoull(std::getenv(kRoundVariable), nullptr, 10);
  TestStore store(*backend, std::getenv(kFolderVariable));
  for (std::uint64_t number = 0;; ++number) {
    MustWrite(*store, BatchOf(round, number));
    REQUIRE(::write(kAckDescriptor, "a", 1) == 1);
  }
}

TEST_CASE("durability: what was acknowledged survives a kill", "[durability]") {
  const Backend& backend = EachBackend();
  if (!backend.persists) {
    return;
  }
  const TempDir folder;
  const std::string store_folder = folder.path() / "store";
  std::vector<std::uint64_t> acknowledged;
  for (std::uint64_t round = 0; round < 5; ++round) {
    acknowledged.push_back(WriteAndKill(backend, store_folder, round));
    TestStore store(backend, store_folder);
    for (std::uint64_t done = 0; done <= round; ++done) {
      for (std::uint64_t number = 0; number < acknowledged[done]; ++number) {
        CheckBatch(store, done, number);
      }
    }
    CHECK_FALSE(store.reader().GetServices({})->items.empty());
  }
}

TEST_CASE("durability: everything is there when the store is opened again", "[durability]") {
  const Backend& backend = EachBackend();
  if (!backend.persists) {
    return;
  }
  TestStore store(backend);
  const RequestContext acme{.tenant = "acme"};
  for (std::uint64_t number = 0; number < 20; ++number) {
    MustWrite(*store, BatchOf(0, number));
  }
  MustWrite(*store, BatchOf(1, 0), acme);
  const auto ask = [&store] {
    return std::tuple(store.reader().GetServices({})->items,
                      store.reader().GetOperations({}, "service-1", {})->items,
                      IdsOf(store.reader().FindTraceIds({}, {.service = "service-1"})->items));
  };
  const auto before = ask();
  for (int opened = 0; opened < 2; ++opened) {
    store.Reopen();
    for (std::uint64_t number = 0; number < 20; ++number) {
      CheckBatch(store, 0, number);
    }
    CHECK(MustReadTrace(store.reader(), {2, 1}).spans.empty());
    CHECK_FALSE(MustReadTrace(store.reader(), {2, 1}, acme).spans.empty());
    CHECK(ask() == before);
  }
  MustWrite(*store, BatchOf(2, 0));
  CheckBatch(store, 2, 0);
  MustWrite(*store, BatchOf(0, 0));  // again: still stored once
  CheckBatch(store, 0, 0);
}

}  // namespace
}  // namespace pugmark::testing
