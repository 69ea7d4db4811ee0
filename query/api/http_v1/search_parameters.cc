#include "query/api/http_v1/search_parameters.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/base/go_number.h"
#include "query/api/go_string_map.h"
#include "query/api/http_v1/parameters.h"
#include "query/api/trace_id_text.h"

namespace pugmark {
namespace {

constexpr std::chrono::hours kDefaultLookback{48};
constexpr std::chrono::hours kDefaultDependencyLookback{24};
constexpr std::size_t kDefaultLimit = 100;
// More traces than anybody reads: what a search without a bound would hold of the store's ids.
constexpr std::int64_t kMostTraces = 10'000;

Result<FilterNode> ParseTags(const QueryParameters& parameters) {
  std::map<std::string, std::string> tags;
  for (const std::string_view tag : parameters.All("tag")) {
    const std::size_t colon = tag.find(':');
    if (colon == std::string_view::npos) {
      return InvalidArgument("malformed 'tag' parameter, expecting key:value, received: " +
                             std::string(tag));
    }
    tags[std::string(tag.substr(0, colon))] = std::string(tag.substr(colon + 1));
  }
  for (const std::string_view json : parameters.All("tags")) {
    auto more = ParseGoStringMap(json);
    if (!more.ok()) {
      return InvalidArgument("malformed 'tags' parameter, cannot unmarshal JSON: " +
                             more.error().message);
    }
    for (auto& [key, value] : *more) {
      tags[key] = std::move(value);
    }
  }
  FilterNode filter;
  for (const auto& [key, value] : tags) {
    filter.children.push_back(JaegerTagEquals(key, value));
  }
  return filter;
}

Result<std::size_t> ParseLimit(const QueryParameters& parameters) {
  const std::string_view text = parameters.Get("limit");
  if (text.empty()) {
    return kDefaultLimit;
  }
  const auto limit = ParseGoInt(text, 32);
  if (!limit.ok()) {
    return limit.error();
  }
  return *limit <= 0 ? kDefaultLimit : static_cast<std::size_t>(std::min(*limit, kMostTraces));
}

Result<std::vector<TraceId>> ParseTraceIds(const QueryParameters& parameters) {
  std::vector<TraceId> ids;
  for (const std::string_view text : parameters.All("traceID")) {
    const auto id = ParseTraceIdText(text);
    if (!id.ok()) {
      return InvalidArgument("cannot parse traceID param: " + id.error().message);
    }
    ids.push_back(*id);
  }
  return ids;
}

std::optional<std::string> NonEmpty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

// Reads start and end; the time between is empty where they are swapped.
Result<TimeRange> ParseStartRange(const QueryParameters& parameters, UnixTime now) {
  const auto start = ParseMicros(parameters, "start", now - kDefaultLookback);
  if (!start.ok()) {
    return start.error();
  }
  const auto end = ParseMicros(parameters, "end", now);
  if (!end.ok()) {
    return end.error();
  }
  return TimeRange{*start, *end};
}

// 0 stands for an open end, as in Jaeger.
Result<DurationRange> ParseDurationRange(const QueryParameters& parameters) {
  const auto min = ParseDuration(parameters, "minDuration");
  if (!min.ok()) {
    return min.error();
  }
  const auto max = ParseDuration(parameters, "maxDuration");
  if (!max.ok()) {
    return max.error();
  }
  DurationRange range;
  if (*min != Nanoseconds(0)) {
    range.min = *min;
  }
  if (*max != Nanoseconds(0)) {
    range.max = *max;
  }
  return range;
}

// Whether anything but a service says what is looked for. A bare GET /api/traces is a mistake.
bool NarrowsSearch(const QueryParameters& parameters) {
  constexpr std::array<std::string_view, 7> kNarrowing{
      "operation", "tag", "tags", "minDuration", "maxDuration", "start", "end"};
  return std::any_of(kNarrowing.begin(), kNarrowing.end(),
                     [&](std::string_view name) { return !parameters.Get(name).empty(); });
}

}  // namespace

Result<SearchParameters> ParseSearchParameters(const QueryParameters& parameters, UnixTime now,
                                               bool may_leave_out_service) {
  SearchParameters search;
  search.query.service = NonEmpty(parameters.Get("service"));
  search.query.operation = NonEmpty(parameters.Get("operation"));
  const auto start = ParseStartRange(parameters, now);
  if (!start.ok()) {
    return start.error();
  }
  search.query.start = *start;
  auto tags = ParseTags(parameters);
  if (!tags.ok()) {
    return std::move(tags).error();
  }
  search.query.filter = *std::move(tags);
  const auto limit = ParseLimit(parameters);
  if (!limit.ok()) {
    return limit.error();
  }
  search.query.limit = *limit;
  const auto duration = ParseDurationRange(parameters);
  if (!duration.ok()) {
    return duration.error();
  }
  search.query.duration = *duration;
  auto ids = ParseTraceIds(parameters);
  if (!ids.ok()) {
    return std::move(ids).error();
  }
  search.trace_ids = *std::move(ids);
  const auto raw = ParseBool(parameters, "raw");
  if (!raw.ok()) {
    return raw.error();
  }
  search.raw = *raw;

  if (search.trace_ids.empty() && !search.query.service &&
      !(may_leave_out_service && NarrowsSearch(parameters))) {
    return InvalidArgument("parameter 'service' is required");
  }
  if (search.query.duration.max < search.query.duration.min) {
    return InvalidArgument("'maxDuration' should be greater than 'minDuration'");
  }
  return search;
}

Result<LookupParameters> ParseLookupParameters(const QueryParameters& parameters,
                                               std::string_view id) {
  auto text = UrlDecode(id, false);
  const auto trace_id = ParseTraceIdText(text.ok() ? *text : std::string(id));
  if (!trace_id.ok()) {
    return trace_id.error();
  }
  LookupParameters lookup;
  lookup.lookup.trace_id = *trace_id;
  const auto start = ParseMicros(parameters, "start", kMinTime);
  if (!start.ok()) {
    return start.error();
  }
  const auto end = ParseMicros(parameters, "end", kMaxTime);
  if (!end.ok()) {
    return end.error();
  }
  if (*start != kMinTime || *end != kMaxTime) {
    lookup.lookup.hint = TimeRange{*start, *end};
  }
  const auto raw = ParseBool(parameters, "raw");
  if (!raw.ok()) {
    return raw.error();
  }
  lookup.raw = *raw;
  return lookup;
}

Result<TimeRange> ParseDependencyWindow(const QueryParameters& parameters, UnixTime now) {
  const auto end = ParseMillis(parameters, "endTs", now);
  if (!end.ok()) {
    return end.error();
  }
  const auto lookback = ParseMillisDuration(parameters, "lookback", kDefaultDependencyLookback);
  if (!lookback.ok()) {
    return lookback.error();
  }
  return WindowBefore(*end, *lookback);
}

TimeRange WindowBefore(UnixTime end, Nanoseconds lookback) {
  const Nanoseconds back = lookback == Nanoseconds::min() ? Nanoseconds::max() : -lookback;
  return {AddSaturating(end, back), end};
}

}  // namespace pugmark
