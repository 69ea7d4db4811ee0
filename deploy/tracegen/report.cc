#include "deploy/tracegen/report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace pugmark::tracegen {
namespace {

constexpr double kMegabyte = 1e6;

bool HasAnswers(Protocol protocol) {
  return protocol == Protocol::kGrpc || protocol == Protocol::kHttpThrift;
}

double PerSecond(std::uint64_t count, Seconds elapsed) {
  return elapsed.count() > 0 ? static_cast<double>(count) / elapsed.count() : 0;
}

std::string Fixed(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

}  // namespace

void Report::TraceBegun() {
  const std::lock_guard lock(mutex_);
  ++totals_.traces;
}

void Report::MessageSent(const std::vector<std::uint64_t>& traces, std::size_t bytes,
                         const SendResult& result) {
  const std::lock_guard lock(mutex_);
  ++totals_.messages;
  totals_.bytes += bytes;
  totals_.spans += traces.size();
  switch (result.outcome) {
    case Outcome::kAcknowledged:
      totals_.acknowledged += traces.size();
      break;
    case Outcome::kSent:
      break;
    case Outcome::kRefused:
      totals_.refused += traces.size();
      break;
    case Outcome::kFailed:
      totals_.failed += traces.size();
      break;
  }
  if (totals_.first_problem.empty()) {
    totals_.first_problem = result.reason;
  }
  if (!keep_traces_) {
    return;
  }
  for (const std::uint64_t number : traces) {
    if (number >= trace_counts_.size()) {
      trace_counts_.resize(number + 1);
    }
    ++trace_counts_[number].sent;
    if (result.outcome == Outcome::kAcknowledged) {
      ++trace_counts_[number].acknowledged;
    }
  }
}

Totals Report::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

std::vector<Report::TraceCount> Report::trace_counts() const {
  const std::lock_guard lock(mutex_);
  return trace_counts_;
}

bool Succeeded(const Totals& totals, Protocol protocol) {
  if (HasAnswers(protocol)) {
    return totals.acknowledged == totals.spans;
  }
  return totals.failed == 0;
}

std::string ResultText(const Totals& totals, const Options& options, Seconds elapsed) {
  std::string text =
      "sent " + std::to_string(totals.spans) + " spans of " + std::to_string(totals.traces) +
      " traces in " + std::to_string(totals.messages) + " messages (" +
      Fixed(static_cast<double>(totals.bytes) / kMegabyte, 1) + " MB) to " +
      options.target.ToString() + " by " + options.protocol + " in " + Fixed(elapsed.count(), 1) +
      " s, " + Fixed(PerSecond(totals.spans, elapsed), 0) + " spans/s: ";
  if (HasAnswers(options.protocol_kind())) {
    text += std::to_string(totals.acknowledged) + " acknowledged, " +
            std::to_string(totals.refused) + " refused, " + std::to_string(totals.failed) +
            " without an answer";
  } else {
    text += std::to_string(totals.failed) + " failed; UDP has no acknowledgement";
  }
  if (!totals.first_problem.empty()) {
    text += "\nfirst problem: " + totals.first_problem;
  }
  return text;
}

std::string ResultJson(const Totals& totals, const Options& options, Seconds elapsed) {
  nlohmann::ordered_json result = {
      {"protocol", options.protocol},
      {"target", options.target.ToString()},
      {"traces", totals.traces},
      {"spans_sent", totals.spans},
      {"spans_acknowledged", totals.acknowledged},
      {"spans_refused", totals.refused},
      {"spans_failed", totals.failed},
      {"messages", totals.messages},
      {"bytes", totals.bytes},
      {"elapsed_seconds", elapsed.count()},
      {"spans_per_second", PerSecond(totals.spans, elapsed)},
      {"first_problem", totals.first_problem},
  };
  return result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ProgressText(const Totals& totals, Seconds elapsed) {
  return Fixed(elapsed.count(), 0) + " s: " + std::to_string(totals.spans) + " spans sent, " +
         std::to_string(totals.acknowledged) + " acknowledged, " +
         std::to_string(totals.refused + totals.failed) + " not, " +
         Fixed(PerSecond(totals.spans, elapsed), 0) + " spans/s";
}

}  // namespace pugmark::tracegen
