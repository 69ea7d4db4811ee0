#include "fake_storage.h"

#include <algorithm>
#include <set>

#include "common/model/span_batch.h"

namespace pugmark {
namespace {

constexpr std::size_t kArenaBytes = std::size_t{64} << 20;

std::span<Attribute> BuildTags(Arena& arena, const TestTags& tags) {
  struct ToValue {
    Arena& arena;
    Value operator()(const std::string& text) const { return Value::String(arena.CopyText(text)); }
    Value operator()(bool value) const { return Value::Bool(value); }
    Value operator()(std::int64_t value) const { return Value::Int(value); }
    Value operator()(double value) const { return Value::Double(value); }
  };
  std::span<Attribute> attributes;
  for (const auto& [key, value] : tags) {
    AppendAttribute(arena, attributes, {arena.CopyText(key), std::visit(ToValue{arena}, value)});
  }
  return attributes;
}

std::span<Event> BuildEvents(Arena& arena, const std::vector<TestEvent>& events) {
  std::vector<Event> built;
  for (const TestEvent& event : events) {
    built.push_back({.time = TimeFromMicros(event.time_us),
                     .name = arena.CopyText(event.name),
                     .attributes = BuildTags(arena, event.fields)});
  }
  return arena.Copy(std::span<const Event>(built));
}

std::span<Link> BuildLinks(Arena& arena, const std::vector<TestLink>& links) {
  std::vector<Link> built;
  for (const TestLink& from : links) {
    Link link;
    link.trace_id = from.trace_id;
    link.span_id = from.span_id;
    link.ref_type = from.type;
    built.push_back(link);
  }
  return arena.Copy(std::span<const Link>(built));
}

}  // namespace

std::span<Span> BuildSpans(Arena& arena, const std::vector<TestSpan>& spans) {
  Span* const built = arena.Allocate<Span>(spans.size());
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const TestSpan& from = spans[i];
    auto* const resource = arena.Allocate<Resource>(1);
    *resource = Resource();
    resource->service_name = arena.CopyText(from.service);
    resource->has_service_name = true;
    resource->attributes = BuildTags(arena, from.process_tags);
    Span span;
    span.trace_id = from.trace_id;
    span.span_id = from.span_id;
    span.parent_span_id = from.parent;
    span.name = arena.CopyText(from.name);
    span.start_time = TimeFromMicros(from.start_us);
    span.duration = DurationFromMicros(from.duration_us);
    span.kind = from.kind;
    span.format = from.format;
    span.attributes = BuildTags(arena, from.tags);
    span.events = BuildEvents(arena, from.events);
    span.links = BuildLinks(arena, from.links);
    span.resource = resource;
    built[i] = span;
  }
  return {built, spans.size()};
}

// Hands out traces in chunks.
class FakeStorage::Stream : public TraceStream {
 public:
  Stream(FakeStorage& storage, RequestContext context, std::vector<std::vector<TestSpan>> traces)
      : storage_(storage), context_(std::move(context)), traces_(std::move(traces)) {}

  Result<std::unique_ptr<TraceChunk>> Next() override {
    if (storage_.on_read) {
      storage_.on_read(context_);
    }
    if (context_.Expired()) {
      return Error{ErrorCode::kCancelled, "cancelled"};
    }
    if (storage_.fail_after_chunks && chunks_ == *storage_.fail_after_chunks) {
      return Error{ErrorCode::kDataLoss, "a block is damaged"};
    }
    while (trace_ < traces_.size() && next_ == traces_[trace_].size()) {
      ++trace_;
      next_ = 0;
    }
    if (trace_ == traces_.size()) {
      return std::unique_ptr<TraceChunk>();
    }
    const auto& trace = traces_[trace_];
    const std::size_t end = std::min(trace.size(), next_ + storage_.spans_per_chunk);
    const std::vector<TestSpan> part(trace.begin() + static_cast<std::ptrdiff_t>(next_),
                                     trace.begin() + static_cast<std::ptrdiff_t>(end));
    next_ = end;
    ++chunks_;
    auto arena = std::make_unique<Arena>(kArenaBytes);
    const std::span<Span> spans = BuildSpans(*arena, part);
    return std::make_unique<TraceChunk>(part.front().trace_id, std::move(arena), spans);
  }

 private:
  FakeStorage& storage_;
  const RequestContext context_;
  const std::vector<std::vector<TestSpan>> traces_;
  std::size_t trace_ = 0;
  std::size_t next_ = 0;
  std::size_t chunks_ = 0;
};

FakeStorage::Asked FakeStorage::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

Status FakeStorage::Begin(const RequestContext& context) {
  if (on_read) {
    on_read(context);
  }
  if (context.Expired()) {
    return Error{ErrorCode::kCancelled, "cancelled"};
  }
  return fail_reads ? Status(*fail_reads) : Status();
}

std::unique_ptr<TraceStream> FakeStorage::Lookup(const RequestContext& context,
                                                 const std::vector<std::vector<TestSpan>>& from,
                                                 const std::vector<TraceLookup>& lookups) {
  {
    const std::lock_guard lock(mutex_);
    asked_.lookups = lookups;
  }
  std::vector<std::vector<TestSpan>> found;
  for (const TraceLookup& lookup : lookups) {
    for (const auto& trace : from) {
      if (trace.front().trace_id == lookup.trace_id) {
        found.push_back(trace);
      }
    }
  }
  return std::make_unique<Stream>(*this, context, std::move(found));
}

Result<std::unique_ptr<TraceStream>> FakeStorage::GetTraces(const RequestContext& context,
                                                            std::vector<TraceLookup> lookups) {
  if (Status begun = Begin(context); !begun.ok()) {
    return std::move(begun).error();
  }
  return Lookup(context, traces, lookups);
}

Result<std::unique_ptr<TraceStream>> FakeStorage::ArchiveReader::GetTraces(
    const RequestContext& context, std::vector<TraceLookup> lookups) {
  return storage_.Lookup(context, storage_.archived, lookups);
}

Result<std::unique_ptr<TraceStream>> FakeStorage::FindTraces(const RequestContext& context,
                                                             const TraceQuery& query) {
  if (Status begun = Begin(context); !begun.ok()) {
    return std::move(begun).error();
  }
  {
    const std::lock_guard lock(mutex_);
    asked_.query = query;
  }
  std::vector<std::vector<TestSpan>> found;
  for (const auto& trace : traces) {
    const bool matches = std::any_of(trace.begin(), trace.end(), [&query](const TestSpan& span) {
      return (!query.service || *query.service == span.service) &&
             (!query.operation || *query.operation == span.name);
    });
    if (matches && found.size() < query.limit) {
      found.push_back(trace);
    }
  }
  return std::unique_ptr<TraceStream>(std::make_unique<Stream>(*this, context, std::move(found)));
}

Result<Page<FoundTrace>> FakeStorage::FindTraceIds(const RequestContext& /*context*/,
                                                   const TraceQuery& /*query*/) {
  return Unimplemented("not in this fake");
}

Result<Page<TraceSummary>> FakeStorage::FindTraceSummaries(const RequestContext& context,
                                                           const TraceQuery& query) {
  if (Status begun = Begin(context); !begun.ok()) {
    return std::move(begun).error();
  }
  const std::lock_guard lock(mutex_);
  asked_.query = query;
  return Page<TraceSummary>{summaries, ""};
}

Result<Listing<std::string>> FakeStorage::GetServices(const RequestContext& context) {
  if (Status begun = Begin(context); !begun.ok()) {
    return std::move(begun).error();
  }
  std::set<std::string> names;
  for (const auto& trace : traces) {
    for (const TestSpan& span : trace) {
      names.insert(span.service);
    }
  }
  return Listing<std::string>{{names.begin(), names.end()}, false};
}

Result<Listing<Operation>> FakeStorage::GetOperations(const RequestContext& context,
                                                      const std::string& service,
                                                      std::optional<SpanKind> kind) {
  if (Status begun = Begin(context); !begun.ok()) {
    return std::move(begun).error();
  }
  {
    const std::lock_guard lock(mutex_);
    asked_.service = service;
    asked_.kind = kind;
  }
  Listing<Operation> found;
  const auto all = operations.find(service);
  if (all != operations.end()) {
    for (const Operation& operation : all->second) {
      if (!kind || *kind == operation.kind) {
        found.items.push_back(operation);
      }
    }
  }
  return found;
}

Result<std::vector<DependencyLink>> FakeStorage::GetDependencies(const RequestContext& context,
                                                                 TimeRange window) {
  if (Status begun = Begin(context); !begun.ok()) {
    return std::move(begun).error();
  }
  {
    const std::lock_guard lock(mutex_);
    asked_.dependency_window = window;
  }
  return links;
}

Result<std::vector<MetricsSeries>> FakeStorage::GetMetrics(const RequestContext& context,
                                                           const MetricsQuery& query) {
  if (Status begun = Begin(context); !begun.ok()) {
    return std::move(begun).error();
  }
  const std::lock_guard lock(mutex_);
  asked_.metrics = query;
  return *series;
}

Status FakeStorage::Archive(const RequestContext& context, std::unique_ptr<TraceStream> trace) {
  if (Status begun = Begin(context); !begun.ok()) {
    return begun;
  }
  std::size_t spans = 0;
  for (;;) {
    auto chunk = trace->Next();
    if (!chunk.ok()) {
      return std::move(chunk).error();
    }
    if (*chunk == nullptr) {
      break;
    }
    spans += (*chunk)->spans().size();
  }
  const std::lock_guard lock(mutex_);
  asked_.archived_spans = spans;
  return {};
}

}  // namespace pugmark
