#include "storage/storage_config.h"

#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"

namespace pugmark::testing {
namespace {

TEST_CASE("storage config: the type comes from the environment", "[storage_config]") {
  const auto [value, type] = GENERATE(table<std::string, StorageType>({
      {"", StorageType::kRocksdb},
      {"rocksdb", StorageType::kRocksdb},
      {"memory", StorageType::kMemory},
  }));
  CAPTURE(value);
  StorageConfig config;
  CHECK(config.SelectType({{"SPAN_STORAGE_TYPE", value}}).ok());
  CHECK(config.type == type);
}

TEST_CASE("storage config: the embedded store is the default", "[storage_config]") {
  StorageConfig config;
  config.type = StorageType::kMemory;
  CHECK(config.SelectType({}).ok());
  CHECK(config.type == StorageType::kRocksdb);
}

TEST_CASE("storage config: other types are refused by name", "[storage_config]") {
  const auto [value, is_known] = GENERATE(table<std::string, bool>({
      {"cassandra", true},
      {"elasticsearch", true},
      {"badger", true},
      {"grpc", true},
      {"rocksdb,memory", true},
      {"Memory", false},
      {"mysql", false},
  }));
  CAPTURE(value);
  StorageConfig config;
  const Status selected = config.SelectType({{"SPAN_STORAGE_TYPE", value}});
  REQUIRE_FALSE(selected.ok());
  CHECK(selected.error().code == ErrorCode::kInvalidArgument);
  const std::string& message = selected.error().message;
  CHECK(message.find("'" + value + "'") != std::string::npos);
  CHECK(message.find("rocksdb or memory") != std::string::npos);
  CHECK((message.find("not available yet") != std::string::npos) == is_known);
}

TEST_CASE("storage config: only the options of the chosen type exist", "[storage_config]") {
  StorageConfig config;
  OptionSet options;
  REQUIRE(config.SelectType({{"SPAN_STORAGE_TYPE", "memory"}}).ok());
  config.RegisterOptions(options);
  CHECK_FALSE(options.Load({"--rocksdb.directory=/x"}, {}).ok());
  REQUIRE(options.Load({"--memory.max-traces=7"}, {{"MEMORY_MAX_BYTES", "2000000"}}).ok());
  CHECK(config.memory.max_traces == 7);
  CHECK(config.memory.max_bytes == 2'000'000);
  CHECK(config.Validate().ok());
  config.memory.max_bytes = 1;
  CHECK_FALSE(config.Validate().ok());
}

TEST_CASE("storage config: opens what was chosen", "[storage_config]") {
  Metrics metrics;
  StorageConfig config;
  const TempDir folder;
  config.rocks.directory = folder.path() / "store";
  SECTION("memory") { config.type = StorageType::kMemory; }
  SECTION("rocksdb") { config.type = StorageType::kRocksdb; }
  const auto storage = config.Open(StorageRole::kOwner, metrics, [](const std::string&) {});
  REQUIRE(storage.ok());
  CHECK((*storage)->span_writer() != nullptr);
}

TEST_CASE("storage config: the memory store has no readers elsewhere", "[storage_config]") {
  Metrics metrics;
  StorageConfig config;
  config.type = StorageType::kMemory;
  const auto storage = config.Open(StorageRole::kReader, metrics, [](const std::string&) {});
  REQUIRE_FALSE(storage.ok());
  CHECK(storage.error().code == ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pugmark::testing
