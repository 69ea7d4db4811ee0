#include "storage/api/service_calls.h"

#include <string_view>
#include <unordered_map>

namespace pugmark {
namespace {

// The spans that carry one id.
struct Bearers {
  const Span* first = nullptr;
  const Span* client = nullptr;
  const Span* server = nullptr;

  void Add(const Span& span) {
    const auto put = [&span](const Span*& place) { place = place == nullptr ? &span : place; };
    put(first);
    if (span.kind == SpanKind::kClient) {
      put(client);
    } else if (span.kind == SpanKind::kServer) {
      put(server);
    }
  }
  [[nodiscard]] bool IsShared() const { return client != nullptr && server != nullptr; }
};

using BearersById = std::unordered_map<SpanId, Bearers>;

const Span* FindParent(const BearersById& by_id, const Span& span) {
  if (span.kind == SpanKind::kServer) {
    const Bearers& own = by_id.at(span.span_id);
    if (own.IsShared()) {
      return own.client;
    }
  }
  const auto found = span.parent_span_id == 0 ? by_id.end() : by_id.find(span.parent_span_id);
  if (found == by_id.end()) {
    return nullptr;
  }
  return found->second.IsShared() ? found->second.server : found->second.first;
}

}  // namespace

void ServiceCalls::AddTrace(std::span<const Span* const> spans) {
  BearersById by_id;
  by_id.reserve(spans.size());
  for (const Span* const span : spans) {
    by_id[span->span_id].Add(*span);
  }
  for (const Span* const span : spans) {
    const Span* const parent =
        window_.Contains(span->start_time) ? FindParent(by_id, *span) : nullptr;
    if (parent == nullptr || parent->resource->service_name == span->resource->service_name) {
      continue;
    }
    DependencyLink& link = links_[{std::string(parent->resource->service_name),
                                   std::string(span->resource->service_name)}];
    ++link.call_count;
    link.error_count += span->status == StatusCode::kError ? 1 : 0;
    link.total_duration =
        Nanoseconds(SaturatingAdd(link.total_duration.count(), span->duration.count()));
  }
}

std::vector<DependencyLink> ServiceCalls::Links() const {
  std::vector<DependencyLink> links;
  links.reserve(links_.size());
  for (const auto& [services, link] : links_) {
    links.push_back(link);
    links.back().parent = services.first;
    links.back().child = services.second;
  }
  return links;
}

}  // namespace pugmark
