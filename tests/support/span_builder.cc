#include "tests/support/span_builder.h"

#include <algorithm>
#include <cassert>

namespace pugmark::testing {
namespace {

constexpr std::size_t kArenaBytes = std::size_t{1} << 30;

std::span<Attribute> BuildAttributes(Arena& arena, const TestAttributes& attributes) {
  std::vector<Attribute> built;
  built.reserve(attributes.size());
  for (const TestAttribute& attribute : attributes) {
    built.push_back({arena.CopyText(attribute.key), attribute.value.Build(arena)});
  }
  return arena.Copy(std::span(built));
}

Resource BuildResource(Arena& arena, const TestResource& resource) {
  return {arena.CopyText(resource.service_name), BuildAttributes(arena, resource.attributes),
          arena.CopyText(resource.schema_url), resource.dropped_attributes,
          resource.has_service_name};
}

Scope BuildScope(Arena& arena, const TestScope& scope) {
  return {arena.CopyText(scope.name), arena.CopyText(scope.version),
          BuildAttributes(arena, scope.attributes), arena.CopyText(scope.schema_url),
          scope.dropped_attributes};
}

Event BuildEvent(Arena& arena, const TestEvent& event) {
  return {event.time, arena.CopyText(event.name), BuildAttributes(arena, event.attributes),
          event.dropped_attributes};
}

Link BuildLink(Arena& arena, const TestLink& link) {
  return {link.trace_id,
          link.span_id,
          arena.CopyText(link.trace_state),
          BuildAttributes(arena, link.attributes),
          link.flags,
          link.dropped_attributes,
          link.ref_type};
}

template <typename Built, typename Given, typename Build>
std::span<Built> BuildList(Arena& arena, const std::vector<Given>& given, const Build& build) {
  std::vector<Built> built;
  built.reserve(given.size());
  for (const Given& each : given) {
    built.push_back(build(arena, each));
  }
  return arena.Copy(std::span(built));
}

Span BuildSpan(Arena& arena, const TestSpan& from) {
  Span span;
  span.trace_id = from.trace_id;
  span.span_id = from.span_id;
  span.parent_span_id = from.parent_span_id;
  span.start_time = from.start_time;
  span.duration = from.duration;
  span.name = arena.CopyText(from.name);
  span.trace_state = arena.CopyText(from.trace_state);
  span.status_message = arena.CopyText(from.status_message);
  span.attributes = BuildAttributes(arena, from.attributes);
  span.events = BuildList<Event>(arena, from.events, BuildEvent);
  span.links = BuildList<Link>(arena, from.links, BuildLink);
  span.warnings = BuildList<std::string_view>(
      arena, from.warnings, [](Arena& to, const std::string& text) { return to.CopyText(text); });
  span.flags = from.flags;
  span.dropped_attributes = from.dropped_attributes;
  span.dropped_events = from.dropped_events;
  span.dropped_links = from.dropped_links;
  span.kind = from.kind;
  span.status = from.status;
  span.format = from.format;
  if (from.scope) {
    const Scope scope = BuildScope(arena, *from.scope);
    span.scope = arena.Copy(std::span(&scope, 1)).data();
  }
  return span;
}

}  // namespace

TestValue TestValue::Bytes(std::string bytes) {
  TestValue value;
  value.content_ = BytesContent{std::move(bytes)};
  return value;
}

TestValue TestValue::Array(std::vector<TestValue> elements) {
  TestValue value;
  value.content_ = std::move(elements);
  return value;
}

TestValue TestValue::Map(TestAttributes entries) {
  TestValue value;
  value.content_ = std::move(entries);
  return value;
}

Value TestValue::Build(Arena& arena) const {
  struct Builder {
    Arena& arena;
    Value operator()(std::monostate) const { return {}; }
    Value operator()(const std::string& text) const { return Value::String(arena.CopyText(text)); }
    Value operator()(bool value) const { return Value::Bool(value); }
    Value operator()(std::int64_t value) const { return Value::Int(value); }
    Value operator()(double value) const { return Value::Double(value); }
    Value operator()(const BytesContent& content) const {
      return Value::Bytes(arena.CopyText(content.bytes));
    }
    Value operator()(const std::vector<TestValue>& elements) const {
      return Value::Array(BuildList<Value>(
          arena, elements, [](Arena& to, const TestValue& each) { return each.Build(to); }));
    }
    Value operator()(const TestAttributes& entries) const {
      return Value::Map(BuildAttributes(arena, entries));
    }
  };
  return std::visit(Builder{arena}, content_);
}

std::unique_ptr<SpanBatch> MakeBatch(const std::vector<TestSpan>& spans) {
  auto batch = std::make_unique<SpanBatch>("", BatchLimits{.max_arena_bytes = kArenaBytes});
  Arena& arena = batch->arena();
  std::vector<Span> built;
  std::vector<Resource> resources;
  std::vector<std::size_t> resource_of;
  for (const TestSpan& span : spans) {
    built.push_back(BuildSpan(arena, span));
    const Resource resource = BuildResource(arena, span.resource);
    if (resources.empty() || !SameResource(resources.back(), resource)) {
      resources.push_back(resource);
    }
    resource_of.push_back(resources.size() - 1);
  }
  const std::span<Resource> kept = arena.Copy(std::span(resources));
  for (std::size_t i = 0; i < built.size(); ++i) {
    built[i].resource = &kept[resource_of[i]];
  }
  batch->SetContents(arena.Copy(std::span(built)), kept);
  assert(!arena.exhausted());
  return batch;
}

}  // namespace pugmark::testing
