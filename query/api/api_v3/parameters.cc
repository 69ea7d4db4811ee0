#include "query/api/api_v3/parameters.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "common/base/go_duration.h"
#include "common/base/go_number.h"
#include "query/api/go_string_map.h"
#include "query/api/go_time.h"
#include "query/api/trace_id_text.h"

namespace pugmark {
namespace {

constexpr std::size_t kDefaultDepth = 100;
constexpr std::int64_t kMostTraces = 10'000;

Error Malformed(std::string_view name, const Error& error) {
  return InvalidArgument("malformed parameter " + std::string(name) + ": " + error.message);
}

// The value of a parameter under the first of its names that has one.
struct Found {
  std::string_view name;
  std::string_view value;  // "" where it is absent
};
Found Find(const QueryParameters& parameters, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const std::string_view value = parameters.Get(name); !value.empty()) {
      return {name, value};
    }
  }
  return {*names.begin(), {}};
}

Result<std::optional<UnixTime>> ParseTime(const QueryParameters& parameters,
                                          std::initializer_list<std::string_view> names) {
  const auto [name, value] = Find(parameters, names);
  if (value.empty()) {
    return std::optional<UnixTime>();
  }
  // An unescaped '+' of a zone arrives as a blank.
  std::string text(value);
  std::replace(text.begin(), text.end(), ' ', '+');
  const auto time = ParseGoRfc3339(text);
  if (!time.ok()) {
    return Malformed(name, time.error());
  }
  return std::optional(*time);
}

Result<std::optional<Nanoseconds>> ParseV3Duration(const QueryParameters& parameters,
                                                   std::initializer_list<std::string_view> names) {
  const auto [name, value] = Find(parameters, names);
  if (value.empty()) {
    return std::optional<Nanoseconds>();
  }
  // The search form of the UI lets "1 ms" through.
  std::string text(value);
  std::erase(text, ' ');
  const auto duration = ParseGoDuration(text);
  if (!duration.ok()) {
    return Malformed(name, duration.error());
  }
  return std::optional(*duration);
}

Result<bool> ParseV3Bool(const QueryParameters& parameters,
                         std::initializer_list<std::string_view> names) {
  const auto [name, value] = Find(parameters, names);
  if (value.empty()) {
    return false;
  }
  const auto parsed = ParseGoBool(value);
  if (!parsed.ok()) {
    return Malformed(name, parsed.error());
  }
  return *parsed;
}

// strconv.Atoi, whose errors bear its own name.
Result<std::size_t> ParseDepth(const QueryParameters& parameters) {
  const auto [name, value] = Find(parameters, {"query.searchDepth", "query.search_depth",
                                               "query.numTraces", "query.num_traces"});
  if (value.empty()) {
    return kDefaultDepth;
  }
  const auto depth = ParseGoInt(value);
  if (!depth.ok()) {
    std::string text = depth.error().message;
    constexpr std::string_view kFunction = "strconv.ParseInt";
    text.replace(0, kFunction.size(), "strconv.Atoi");
    return Malformed(name, InvalidArgument(text));
  }
  return *depth <= 0 ? kDefaultDepth : static_cast<std::size_t>(std::min(*depth, kMostTraces));
}

Result<TimeRange> ParseStartRange(const QueryParameters& parameters) {
  const auto min = ParseTime(parameters, {"query.startTimeMin", "query.start_time_min"});
  if (!min.ok()) {
    return min.error();
  }
  const auto max = ParseTime(parameters, {"query.startTimeMax", "query.start_time_max"});
  if (!max.ok()) {
    return max.error();
  }
  if (!*min || !*max) {
    return InvalidArgument("query.startTimeMin and query.startTimeMax are required");
  }
  if (**min > **max) {
    return InvalidArgument("query.startTimeMin must be before query.startTimeMax");
  }
  return TimeRange{**min, **max};
}

Result<DurationRange> ParseDurationRange(const QueryParameters& parameters) {
  DurationRange range;
  const auto min = ParseV3Duration(parameters, {"query.durationMin", "query.duration_min"});
  if (!min.ok()) {
    return min.error();
  }
  const auto max = ParseV3Duration(parameters, {"query.durationMax", "query.duration_max"});
  if (!max.ok()) {
    return max.error();
  }
  // 0 stands for an open end.
  if (*min && **min != Nanoseconds(0)) {
    range.min = **min;
  }
  if (*max && **max != Nanoseconds(0)) {
    range.max = **max;
  }
  return range;
}

Result<FilterNode> ParseAttributes(const QueryParameters& parameters) {
  FilterNode filter;
  const auto [name, value] = Find(parameters, {"query.attributes"});
  if (value.empty()) {
    return filter;
  }
  auto attributes = ParseGoStringMap(value);
  if (!attributes.ok()) {
    return Malformed(name, attributes.error());
  }
  for (auto& [key, text] : *attributes) {
    filter.children.push_back(AttributeEquals(key, std::move(text)));
  }
  return filter;
}

std::optional<std::string> NonEmpty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace

FilterNode AttributeEquals(std::string key, std::string value) {
  FilterNode node = JaegerTagEquals(std::move(key), std::move(value));
  node.level = FilterLevel::kAny;
  return node;
}

Result<TraceId> ParseV3TraceId(std::string_view text) {
  auto id = ParseTraceIdText(text);
  if (!id.ok()) {
    return InvalidArgument("invalid length for TraceID");
  }
  return id;
}

Result<V3LookupParameters> ParseV3Lookup(const QueryParameters& parameters, std::string_view id) {
  V3LookupParameters parsed;
  const auto text = UrlDecode(id, false);
  const auto trace_id = ParseV3TraceId(text.ok() ? *text : std::string(id));
  if (!trace_id.ok()) {
    return Malformed("trace_id", trace_id.error());
  }
  parsed.lookup.trace_id = *trace_id;
  const auto start = ParseTime(parameters, {"startTime", "start_time"});
  if (!start.ok()) {
    return start.error();
  }
  const auto end = ParseTime(parameters, {"endTime", "end_time"});
  if (!end.ok()) {
    return end.error();
  }
  if (*start || *end) {
    parsed.lookup.hint = TimeRange{start->value_or(kMinTime), end->value_or(kMaxTime)};
  }
  const auto raw = ParseV3Bool(parameters, {"rawTraces", "raw_traces"});
  if (!raw.ok()) {
    return raw.error();
  }
  parsed.raw = *raw;
  return parsed;
}

Result<V3SearchParameters> ParseV3Search(const QueryParameters& parameters) {
  V3SearchParameters parsed;
  TraceQuery& query = parsed.query;
  query.service = NonEmpty(Find(parameters, {"query.serviceName", "query.service_name"}).value);
  query.operation =
      NonEmpty(Find(parameters, {"query.operationName", "query.operation_name"}).value);
  auto attributes = ParseAttributes(parameters);
  if (!attributes.ok()) {
    return std::move(attributes).error();
  }
  query.filter = *std::move(attributes);
  const auto start = ParseStartRange(parameters);
  if (!start.ok()) {
    return start.error();
  }
  query.start = *start;
  const auto depth = ParseDepth(parameters);
  if (!depth.ok()) {
    return depth.error();
  }
  query.limit = *depth;
  const auto duration = ParseDurationRange(parameters);
  if (!duration.ok()) {
    return duration.error();
  }
  query.duration = *duration;
  const auto raw = ParseV3Bool(parameters, {"query.rawTraces", "query.raw_traces"});
  if (!raw.ok()) {
    return raw.error();
  }
  parsed.raw = *raw;
  return parsed;
}

}  // namespace pugmark
