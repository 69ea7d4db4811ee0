#include "storage/memory/memory_analytics.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "storage/api/match.h"
#include "storage/api/red_metrics.h"
#include "storage/api/service_calls.h"
#include "storage/memory/memory_reader.h"

namespace pugmark {
namespace {

// Distinct names of a level, and values, that a request looks at; further ones are not seen.
constexpr std::size_t kMostValues = 100'000;

// Calls use(view) for each trace that may have a span in the window.
template <typename Use>
Status ForEachTrace(const TraceTable& table, const RequestContext& context,
                    const std::optional<std::string>& service, TimeRange window, const Use& use) {
  for (const auto& [trace, newest] : table.Candidates(context.tenant, service, window.min)) {
    if (Status alive = context.Check(); !alive) {
      return alive;
    }
    const TraceView view = trace->View();
    if (view.start() <= window.max) {
      use(view);
    }
  }
  return {};
}

// Calls use(span) for each span of the service in the window.
template <typename Use>
Status ForEachSpan(const TraceTable& table, const RequestContext& context,
                   const std::optional<std::string>& service, TimeRange window, const Use& use) {
  return ForEachTrace(table, context, service, window, [&](const TraceView& view) {
    view.ForEachSpan([&](const Span& span) {
      if (window.Contains(span.start_time) &&
          (!service || span.resource->service_name == *service)) {
        use(span);
      }
    });
  });
}

// Calls use(level, attributes) for each list of the span.
template <typename Use>
void ForEachList(const Span& span, const Use& use) {
  use(FilterLevel::kSpan, span.attributes);
  use(FilterLevel::kResource, span.resource->attributes);
  if (span.scope != nullptr) {
    use(FilterLevel::kScope, span.scope->attributes);
  }
  for (const Event& event : span.events) {
    use(FilterLevel::kEvent, event.attributes);
  }
  for (const Link& link : span.links) {
    use(FilterLevel::kLink, link.attributes);
  }
}

bool Covers(FilterLevel asked, FilterLevel level) {
  return asked == level || asked == FilterLevel::kAny ||
         (asked == FilterLevel::kJaegerTag && level != FilterLevel::kScope &&
          level != FilterLevel::kLink);
}

}  // namespace

Result<std::vector<DependencyLink>> MemoryDependencies::GetDependencies(
    const RequestContext& context, TimeRange window) {
  ServiceCalls calls(window);
  const Status whole = ForEachTrace(table_, context, std::nullopt, window,
                                    [&](const TraceView& view) { calls.AddTrace(SpansOf(view)); });
  if (!whole) {
    return whole.error();
  }
  return calls.Links();
}

Result<std::vector<MetricsSeries>> MemoryMetrics::GetMetrics(const RequestContext& context,
                                                             const MetricsQuery& query) {
  Result<RedMetrics> metrics = RedMetrics::Prepare(query);
  if (!metrics) {
    return std::move(metrics.error());
  }
  const Status whole = ForEachSpan(table_, context, std::nullopt, metrics->window(),
                                   [&](const Span& span) { metrics->Add(span); });
  if (!whole) {
    return whole.error();
  }
  return metrics->Series();
}

Result<std::vector<AttributeName>> MemoryAttributes::GetNames(
    const RequestContext& context, const std::optional<std::string>& service, TimeRange window) {
  // Strings of their own: what a view points to goes with the view.
  std::map<FilterLevel, std::set<std::string, std::less<>>> names;
  const Status whole = ForEachSpan(table_, context, service, window, [&](const Span& span) {
    ForEachList(span, [&](FilterLevel level, std::span<const Attribute> attributes) {
      auto& keys = names[level];
      for (const Attribute& attribute : attributes) {
        if (keys.size() < kMostValues && !keys.contains(attribute.key)) {
          keys.emplace(attribute.key);
        }
      }
    });
  });
  if (!whole) {
    return whole.error();
  }
  std::vector<AttributeName> found;
  for (const auto& [level, keys] : names) {
    for (const std::string& key : keys) {
      found.push_back({key, level});
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const AttributeName& a, const AttributeName& b) { return a.key < b.key; });
  return found;
}

Result<std::vector<AttributeValueCount>> MemoryAttributes::GetValues(
    const RequestContext& context, const std::optional<std::string>& service,
    const AttributeName& name, TimeRange window, std::size_t limit) {
  std::unordered_map<std::string, std::uint64_t> counts;
  const auto count = [&counts](const Value& value) {
    std::string text = ValueAsJaegerText(value);
    if (const auto known = counts.find(text); known != counts.end()) {
      ++known->second;
    } else if (counts.size() < kMostValues) {
      counts.emplace(std::move(text), 1);
    }
  };
  const Status whole = ForEachSpan(table_, context, service, window, [&](const Span& span) {
    ForEachList(span, [&](FilterLevel level, std::span<const Attribute> attributes) {
      for (const Attribute& attribute : attributes) {
        if (Covers(name.level, level) && attribute.key == name.key) {
          count(attribute.value);
        }
      }
    });
  });
  if (!whole) {
    return whole.error();
  }
  std::vector<AttributeValueCount> values;
  values.reserve(counts.size());
  for (const auto& [value, times] : counts) {
    values.push_back({value, times});
  }
  std::sort(values.begin(), values.end(),
            [](const AttributeValueCount& a, const AttributeValueCount& b) {
              return a.count != b.count ? a.count > b.count : a.value < b.value;
            });
  values.resize(std::min(limit, values.size()));
  return values;
}

}  // namespace pugmark
