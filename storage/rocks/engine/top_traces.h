// The best traces of a search so far: newest matching span first, ids breaking ties, so that pages
// meet without gap or overlap.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/model/ids.h"

namespace pugmark::engine {

struct TraceRank {
  std::int64_t newest_ns = 0;
  TraceId trace_id;

  [[nodiscard]] bool IsBefore(const TraceRank& other) const {
    return newest_ns != other.newest_ns ? newest_ns > other.newest_ns : trace_id < other.trace_id;
  }
  // As the text of a cursor, and back. kInvalidArgument for any other text.
  [[nodiscard]] std::string ToCursor() const;
  static Result<TraceRank> FromCursor(std::string_view cursor);
};

// Thread safety: one thread at a time.
class TopTraces {
 public:
  // At most `most` traces, none of `excluded`.
  explicit TopTraces(std::size_t most, std::unordered_set<TraceId> excluded = {})
      : most_(most), excluded_(std::move(excluded)) {}

  void Add(TraceId trace_id, std::int64_t start_ns) {
    if (start_ns < cutoff_ns_ || (!excluded_.empty() && excluded_.contains(trace_id))) {
      return;
    }
    const auto [at, is_new] = newest_.try_emplace(trace_id, start_ns);
    at->second = std::max(at->second, start_ns);
    if (is_new && newest_.size() >= next_prune_) {
      Prune();
    }
  }

  // Spans that start earlier cannot change the result any more.
  [[nodiscard]] std::int64_t cutoff_ns() const { return cutoff_ns_; }
  // As above, looked up anew: worth its time between the parts of a scan.
  std::int64_t RefreshCutoff() {
    if (newest_.size() >= most_) {
      Prune();
    }
    return cutoff_ns_;
  }

  // In order.
  std::vector<TraceRank> Take();

 private:
  void Prune();

  const std::size_t most_;
  const std::unordered_set<TraceId> excluded_;
  std::unordered_map<TraceId, std::int64_t> newest_;
  std::int64_t cutoff_ns_ = std::numeric_limits<std::int64_t>::min();
  std::size_t next_prune_ = 1'024;
};

}  // namespace pugmark::engine
