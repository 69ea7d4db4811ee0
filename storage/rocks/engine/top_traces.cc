#include "storage/rocks/engine/top_traces.h"

#include <charconv>

#include "common/base/hex.h"

namespace pugmark::engine {

std::string TraceRank::ToCursor() const {
  return std::to_string(newest_ns) + "." + Hex16(trace_id.high) + Hex16(trace_id.low);
}

Result<TraceRank> TraceRank::FromCursor(std::string_view cursor) {
  const Error malformed = InvalidArgument("cursor: not one of this store");
  const std::size_t dot = cursor.find('.');
  if (dot == std::string_view::npos || cursor.size() - dot != 33) {
    return malformed;
  }
  TraceRank rank;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + dot, rank.newest_ns);
  if (error != std::errc() || end != cursor.data() + dot ||
      !ParseHex(cursor.substr(dot + 1, 16), rank.trace_id.high) ||
      !ParseHex(cursor.substr(dot + 17), rank.trace_id.low)) {
    return malformed;
  }
  return rank;
}

void TopTraces::Prune() {
  next_prune_ = std::max<std::size_t>(1'024, 2 * newest_.size());
  if (newest_.size() < most_) {
    return;
  }
  std::vector<TraceRank> ranks;
  ranks.reserve(newest_.size());
  for (const auto& [trace_id, newest] : newest_) {
    ranks.push_back({newest, trace_id});
  }
  const auto last = ranks.begin() + static_cast<std::ptrdiff_t>(most_ - 1);
  std::nth_element(ranks.begin(), last, ranks.end(),
                   [](const TraceRank& a, const TraceRank& b) { return a.IsBefore(b); });
  cutoff_ns_ = last->newest_ns;
  for (auto at = last + 1; at != ranks.end(); ++at) {
    newest_.erase(at->trace_id);
  }
  next_prune_ = std::max<std::size_t>(1'024, 2 * newest_.size());
}

std::vector<TraceRank> TopTraces::Take() {
  Prune();
  std::vector<TraceRank> ranks;
  for (const auto& [trace_id, newest] : newest_) {
    ranks.push_back({newest, trace_id});
  }
  std::sort(ranks.begin(), ranks.end(),
            [](const TraceRank& a, const TraceRank& b) { return a.IsBefore(b); });
  if (ranks.size() > most_) {
    ranks.resize(most_);
  }
  return ranks;
}

}  // namespace pugmark::engine
