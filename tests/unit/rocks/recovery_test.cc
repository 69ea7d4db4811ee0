// What a store finds of its log when it is opened again.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <vector>

#include "storage/rocks/rocks_environment.h"
#include "tests/unit/rocks/rocks_fixture.h"

namespace pugmark::rocks {
namespace {

namespace fs = std::filesystem;

using testing::MustWrite;

// The log that holds what was written last.
fs::path NewestLog(const fs::path& folder) {
  fs::path newest;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".log" &&
        (newest.empty() || entry.path().filename() > newest.filename())) {
      newest = entry.path();
    }
  }
  REQUIRE_FALSE(newest.empty());
  return newest;
}

// Writes one batch per span; returns the size of the log after each.
std::vector<std::uintmax_t> WriteMany(TestRocks& rocks, std::uint64_t count) {
  std::vector<std::uintmax_t> sizes;
  auto owner = rocks.OpenOwner();
  for (std::uint64_t i = 0; i < count; ++i) {
    MustWrite(*owner, {NumberedSpan(i)});
    sizes.push_back(fs::file_size(NewestLog(rocks.directory())));
  }
  return sizes;
}

TEST_CASE("rocks recovery: a log cut anywhere in its last records loses only these",
          "[rocks][recovery]") {
  TestRocks written;
  const std::vector<std::uintmax_t> sizes = WriteMany(written, 12);
  const std::uintmax_t before = sizes[sizes.size() - 4];
  for (std::uintmax_t cut = before; cut < sizes.back(); cut += 41) {
    CAPTURE(cut);
    TestRocks rocks;
    fs::copy(written.directory(), rocks.directory(), fs::copy_options::recursive);
    fs::resize_file(NewestLog(rocks.directory()), cut);
    std::uint64_t whole = 0;
    while (sizes[whole] <= cut) {
      ++whole;
    }
    auto owner = rocks.OpenOwner();
    CHECK(CountFound(*owner, 0, 11) == whole);
    CHECK_THAT(owner->DebugJson(), Catch::Contains("\"was_salvaged\":0"));
  }
}

TEST_CASE("rocks recovery: damage inside the log is salvaged around, and reported",
          "[rocks][recovery]") {
  TestRocks rocks;
  const std::vector<std::uintmax_t> sizes = WriteMany(rocks, 200);
  {
    const fs::path log = NewestLog(rocks.directory());
    std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(sizes[99] + 100));
    file.put('\x5a');
    file.put('\xa5');
  }
  auto owner = rocks.OpenOwner();
  CHECK(CountFound(*owner, 0, 99) == 100);
  // The log is read in pieces of 32 KiB; the rest of the damaged one is lost.
  const std::uint64_t after = CountFound(*owner, 100, 199);
  CHECK(after >= 100 - (32 << 10) / (sizes[99] - sizes[98]) - 2);
  CHECK(after < 100);
  CHECK_THAT(owner->DebugJson(), Catch::Contains("\"was_salvaged\":1"));
  CHECK(owner->Health().ok());
  std::size_t kept = 0;
  for (const auto& entry : fs::directory_iterator(rocks.directory())) {
    kept += entry.path().filename().string().starts_with("damaged-log-") ? 1 : 0;
  }
  CHECK(kept == 1);

  MustWrite(*owner, {NumberedSpan(500)});
  owner.reset();
  owner = rocks.OpenOwner();
  CHECK(CountFound(*owner, 500, 500) == 1);
  CHECK(CountFound(*owner, 100, 199) == after);
  CHECK_THAT(owner->DebugJson(), Catch::Contains("\"was_salvaged\":0"));
}

TEST_CASE("rocks recovery: a folder that holds another database is left alone",
          "[rocks][recovery]") {
  TestRocks rocks;
  fs::create_directories(rocks.directory());
  std::ofstream(fs::path(rocks.directory()) / "CURRENT") << "no such manifest\n";
  const auto opened = rocks.Open(StorageRole::kOwner);
  REQUIRE_FALSE(opened.ok());
  CHECK_THAT(opened.error().message, Catch::Contains(rocks.directory()));
}

}  // namespace
}  // namespace pugmark::rocks
