// The backends that the suite runs over. A new backend joins by an entry in backend.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/metrics/metrics.h"
#include "storage/api/storage.h"
#include "tests/support/temp_dir.h"

namespace pugmark::testing {

struct Backend {
  std::string name;
  bool persists = false;  // what was acknowledged is there when the folder is opened again
  // Opens the store of a folder as its owner: new, or as an earlier one left it. Spans must be kept
  // however old they are.
  std::function<Result<std::unique_ptr<Storage>>(const std::string& folder, Metrics& metrics)> open;
};

const std::vector<Backend>& AllBackends();
// Null for a name that no backend has.
const Backend* FindBackend(const std::string& name);

// A generator: the test case that calls this (once) runs for every backend. The name is captured
// for the report.
const Backend& EachBackend();

// An open store of the backend, in a folder of its own or in one that is given.
class TestStore {
 public:
  explicit TestStore(const Backend& backend);
  TestStore(const Backend& backend, std::string folder);

  Storage& operator*() { return *storage_; }
  Storage* operator->() { return storage_.get(); }
  [[nodiscard]] const Capabilities& can() const { return storage_->capabilities(); }
  TraceReader& reader() { return storage_->trace_reader(); }

  // Drains, closes, and opens the same folder again.
  void Reopen();

 private:
  void Open();

  const Backend& backend_;
  std::unique_ptr<TempDir> own_folder_;
  std::string folder_;
  Metrics metrics_;
  std::unique_ptr<Storage> storage_;
};

// Whether the backend claims every operator and level of the filter. Jaeger's tag equality needs no
// claim.
bool CanFilter(const Capabilities& capabilities, const FilterNode& filter);

template <typename T>
bool IsUnimplemented(const Result<T>& result) {
  return !result.ok() && result.error().code == ErrorCode::kUnimplemented;
}

}  // namespace pugmark::testing
