#include "storage/api/trace_summary.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>

namespace pugmark {
namespace {

const Span* FindRoot(std::span<const Span* const> spans) {
  const Span* root = nullptr;
  for (const Span* const span : spans) {
    if (span->parent_span_id == 0 && (root == nullptr || span->start_time < root->start_time)) {
      root = span;
    }
  }
  return root;
}

std::uint32_t CountOrphans(std::span<const Span* const> spans) {
  std::unordered_set<SpanId> ids;
  ids.reserve(spans.size());
  for (const Span* const span : spans) {
    ids.insert(span->span_id);
  }
  return static_cast<std::uint32_t>(std::count_if(spans.begin(), spans.end(), [&](const Span* s) {
    return s->parent_span_id != 0 && !ids.contains(s->parent_span_id);
  }));
}

}  // namespace

TraceSummary SummarizeTrace(std::span<const Span* const> spans) {
  TraceSummary summary;
  summary.trace_id = spans.front()->trace_id;
  summary.start = kMaxTime;
  summary.end = kMinTime;
  std::map<std::string_view, ServiceSummary> services;
  for (const Span* const span : spans) {
    summary.start = std::min(summary.start, span->start_time);
    summary.end = std::max(summary.end, AddSaturating(span->start_time, span->duration));
    const std::uint32_t error = span->status == StatusCode::kError ? 1 : 0;
    ServiceSummary& service = services[span->resource->service_name];
    ++service.span_count;
    service.error_span_count += error;
    ++summary.span_count;
    summary.error_span_count += error;
  }
  for (auto& [name, service] : services) {
    service.name = name;
    summary.services.push_back(std::move(service));
  }
  if (const Span* const root = FindRoot(spans); root != nullptr) {
    summary.root_service = root->resource->service_name;
    summary.root_operation = root->name;
  }
  summary.orphan_span_count = CountOrphans(spans);
  return summary;
}

}  // namespace pugmark
