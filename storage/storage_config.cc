#include "storage/storage_config.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "storage/memory/memory_storage.h"
#include "storage/rocks/rocks_storage.h"

namespace pugmark {
namespace {

constexpr const char* kTypeVariable = "SPAN_STORAGE_TYPE";

// What Jaeger knows beside the types that there are.
constexpr std::array<std::string_view, 9> kJaegerTypes{
    "badger", "blackhole",   "cassandra", "clickhouse", "elasticsearch",
    "grpc",   "grpc-plugin", "kafka",     "opensearch"};

Error RefuseType(std::string_view type, std::string_view why) {
  return InvalidArgument(std::string(kTypeVariable) + ": want rocksdb or memory, got '" +
                         std::string(type) + "'" + std::string(why));
}

}  // namespace

Status StorageConfig::SelectType(const std::map<std::string, std::string>& environment) {
  const auto variable = environment.find(kTypeVariable);
  if (variable == environment.end() || variable->second.empty() || variable->second == "rocksdb") {
    type = StorageType::kRocksdb;
    return {};
  }
  const std::string& name = variable->second;
  if (name == "memory") {
    type = StorageType::kMemory;
    return {};
  }
  if (name.find(',') != std::string::npos) {
    return RefuseType(name, ": several stores at once are not available yet");
  }
  const bool is_jaegers =
      std::find(kJaegerTypes.begin(), kJaegerTypes.end(), name) != kJaegerTypes.end();
  return RefuseType(name, is_jaegers ? ", which is not available yet" : "");
}

void StorageConfig::RegisterOptions(OptionSet& options) {
  if (type == StorageType::kMemory) {
    memory.RegisterOptions(options);
  } else {
    rocks.RegisterOptions(options);
  }
}

Status StorageConfig::Validate() const {
  return type == StorageType::kMemory ? memory.Validate() : rocks.Validate();
}

Result<std::unique_ptr<Storage>> StorageConfig::Open(
    StorageRole role, Metrics& metrics,
    std::function<void(const std::string& why)> on_fatal) const {
  if (type == StorageType::kRocksdb) {
    return OpenRocksStorage(rocks, role, metrics, std::move(on_fatal));
  }
  if (role == StorageRole::kReader) {
    return InvalidArgument(std::string(kTypeVariable) +
                           "=memory: nobody else can read what a process keeps in its memory");
  }
  return OpenMemoryStorage(memory, metrics);
}

}  // namespace pugmark
