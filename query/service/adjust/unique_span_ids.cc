#include "query/service/adjust/unique_span_ids.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace pugmark {
namespace {

std::vector<SpanId> SortedIds(std::span<const SpanRecord> records, bool clients_only) {
  std::vector<SpanId> ids;
  for (const SpanRecord& record : records) {
    if (!clients_only || record.is_client) {
      ids.push_back(record.id);
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

// Gives out ids that a trace does not use, each once, from 1.
class FreeIds {
 public:
  explicit FreeIds(std::vector<SpanId> used) : used_(std::move(used)), next_used_(used_.begin()) {}

  SpanId Take() {
    for (;; ++candidate_) {
      next_used_ = std::lower_bound(next_used_, used_.end(), candidate_);
      if (next_used_ == used_.end() || *next_used_ != candidate_) {
        return candidate_++;
      }
    }
  }

 private:
  const std::vector<SpanId> used_;
  std::vector<SpanId>::const_iterator next_used_;
  SpanId candidate_ = 1;
};

}  // namespace

void MakeSpanIdsUnique(std::span<SpanRecord> records) {
  const std::vector<SpanId> client_ids = SortedIds(records, true);
  const auto is_shared = [&client_ids](const SpanRecord& record) {
    return record.is_server && std::binary_search(client_ids.begin(), client_ids.end(), record.id);
  };
  if (client_ids.empty() || std::none_of(records.begin(), records.end(), is_shared)) {
    return;
  }
  FreeIds free_ids(SortedIds(records, false));
  std::unordered_map<SpanId, SpanId> replaced;
  for (SpanRecord& record : records) {
    if (is_shared(record)) {
      const SpanId id = free_ids.Take();
      replaced[record.id] = id;
      record.parent_id = record.id;
      record.id = id;
    }
  }
  for (SpanRecord& record : records) {
    const auto found = replaced.find(record.parent_id);
    if (record.parent_id != 0 && found != replaced.end() && found->second != record.id) {
      record.parent_id = found->second;
    }
  }
}

}  // namespace pugmark
