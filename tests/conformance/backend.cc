#include "tests/conformance/backend.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "storage/memory/memory_storage.h"
#include "storage/rocks/engine/engine_options.h"
#include "storage/rocks/rocks_storage.h"

namespace pugmark::testing {
namespace {

Result<std::unique_ptr<Storage>> OpenMemory(const std::string& /*folder*/, Metrics& metrics) {
  return OpenMemoryStorage(MemoryConfig(), metrics);
}

Result<std::unique_ptr<Storage>> OpenRocks(const std::string& folder, Metrics& metrics) {
  RocksConfig config;
  config.directory = folder;
  config.span_store_ttl = Nanoseconds(0);
  return OpenRocksStorage(config, StorageRole::kOwner, metrics, [](const std::string& why) {
    std::cerr << "the store went fatal: " << why << std::endl;
    std::abort();
  });
}

Result<std::unique_ptr<Storage>> OpenColumnarWith(const std::string& folder, Metrics& metrics,
                                                  const engine::EngineOptions& options) {
  RocksConfig config;
  config.directory = folder;
  config.span_store_ttl = Nanoseconds(0);
  return engine::OpenEngineStorage(
      config, StorageRole::kOwner, metrics,
      [](const std::string& why) {
        std::cerr << "the store went fatal: " << why << std::endl;
        std::abort();
      },
      rocks::RocksEnvironment(), options);
}

Result<std::unique_ptr<Storage>> OpenColumnar(const std::string& folder, Metrics& metrics) {
  return OpenColumnarWith(folder, metrics, {});
}

// Heads and row groups so small that most spans of a test are in segments.
Result<std::unique_ptr<Storage>> OpenSealing(const std::string& folder, Metrics& metrics) {
  engine::EngineOptions options;
  options.head.rows = 40;
  options.segment.group_rows = 16;
  options.least_rows_sealed_at_end = 20;
  options.table_bytes = 100'000;
  return OpenColumnarWith(folder, metrics, options);
}

template <typename T>
bool Has(const std::vector<T>& list, T item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool IsJaegerTagEquality(const FilterNode& node) {
  return node.op == FilterOp::kEq && node.level == FilterLevel::kJaegerTag && node.as_text &&
         !node.is_field;
}

bool IsJaegerTagMap(const FilterNode& filter) {
  return IsJaegerTagEquality(filter) ||
         (filter.op == FilterOp::kAnd &&
          std::all_of(filter.children.begin(), filter.children.end(), IsJaegerTagEquality));
}

bool ClaimsAll(const Capabilities& capabilities, const FilterNode& node) {
  return Has(capabilities.filter_ops, node.op) &&
         (!node.children.empty() || Has(capabilities.filter_levels, node.level)) &&
         std::all_of(node.children.begin(), node.children.end(),
                     [&](const FilterNode& child) { return ClaimsAll(capabilities, child); });
}

}  // namespace

const std::vector<Backend>& AllBackends() {
  static const std::vector<Backend> backends{
      {"memory", false, OpenMemory},
      {"rocks", true, OpenRocks},
      {"columnar", true, OpenColumnar},
      {"columnar, sealing", true, OpenSealing},
  };
  return backends;
}

const Backend* FindBackend(const std::string& name) {
  const auto& all = AllBackends();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Backend& backend) { return backend.name == name; });
  return found == all.end() ? nullptr : &*found;
}

const Backend& EachBackend() {
  const auto index = GENERATE(range(std::size_t{0}, AllBackends().size()));
  const Backend& backend = AllBackends()[index];
  UNSCOPED_INFO("backend: " << backend.name);
  return backend;
}

TestStore::TestStore(const Backend& backend)
    : backend_(backend),
      own_folder_(std::make_unique<TempDir>()),
      folder_(own_folder_->path() / "store") {
  Open();
}

TestStore::TestStore(const Backend& backend, std::string folder)
    : backend_(backend), folder_(std::move(folder)) {
  Open();
}

void TestStore::Open() {
  Result<std::unique_ptr<Storage>> opened = backend_.open(folder_, metrics_);
  INFO((opened ? "" : opened.error().message));
  REQUIRE(opened.ok());
  storage_ = *std::move(opened);
}

void TestStore::Reopen() {
  REQUIRE(storage_->Drain(std::chrono::steady_clock::now() + std::chrono::seconds(60)).ok());
  storage_.reset();
  Open();
}

bool CanFilter(const Capabilities& capabilities, const FilterNode& filter) {
  return filter.IsTrivial() || IsJaegerTagMap(filter) || ClaimsAll(capabilities, filter);
}

}  // namespace pugmark::testing
