#include "tests/unit/storage_engine/random_spans.h"

#include <algorithm>
#include <limits>

namespace pugmark::test {
namespace {

template <typename T>
std::span<T> List(Arena& arena, std::size_t count) {
  if (count == 0) {
    return {};
  }
  T* const items = arena.Allocate<T>(count);
  for (std::size_t i = 0; i < count; ++i) {
    items[i] = T{};
  }
  return {items, count};
}

}  // namespace

TraceId RandomSpans::RandomTraceId() {
  const std::uint64_t n = Below(static_cast<std::uint64_t>(options_.traces));
  return {n % 3 == 0 ? 0 : n * 0x9e3779b97f4a7c15U, n + 1};
}

std::string_view RandomSpans::Text(Arena& arena) {
  static const char* const kWords[] = {"alpha", "beta", "", "GET", "/users/", "user-", "é"};
  std::string text;
  switch (Below(8)) {
    case 0:
      text = kWords[Below(std::size(kWords))];
      break;
    case 1:
      text = "user-" + std::to_string(Below(100'000));
      break;
    case 2: {
      char buffer[64];
      std::snprintf(buffer, sizeof buffer, "%08x-%04x-%04x-%04x-%012llx",
                    static_cast<unsigned>(Below(1U << 31)), static_cast<unsigned>(Below(65536)),
                    static_cast<unsigned>(Below(65536)), static_cast<unsigned>(Below(65536)),
                    static_cast<unsigned long long>(Below(1ULL << 48)));
      text = buffer;
      break;
    }
    case 3:
      text = "/api/" + std::to_string(Below(1'000'000'000'000)) + "?s=0123456789abcdef";
      break;
    case 4:
      for (std::uint64_t i = Below(40); i > 0; --i) {
        text += static_cast<char>(Below(256));
      }
      break;
    case 5:
      text = std::string(Below(50) == 0 ? 6'000 : Below(300), 'x');
      break;
    case 6:
      text = "000" + std::to_string(Below(1'000)) + "007";
      break;
    default:
      text = "shared value " + std::to_string(Below(5));
  }
  return arena.CopyText(text);
}

Value RandomSpans::RandomValue(Arena& arena, int depth) {
  switch (Below(depth > 2 ? 6 : 8)) {
    case 0:
      return {};
    case 1:
      return Value::Bool(Below(2) == 0);
    case 2: {
      const std::int64_t odd[] = {0, -1, std::numeric_limits<std::int64_t>::min(),
                                  std::numeric_limits<std::int64_t>::max()};
      return Value::Int(Below(4) == 0 ? odd[Below(4)] : static_cast<std::int64_t>(Below(1000)));
    }
    case 3: {
      const double odd[] = {0.0, -0.0, std::numeric_limits<double>::quiet_NaN(),
                            std::numeric_limits<double>::infinity()};
      return Value::Double(Below(3) == 0 ? odd[Below(4)] : static_cast<double>(Below(1000)) / 7);
    }
    case 4:
      return Value::String(Text(arena));
    case 5:
      return Value::Bytes(Text(arena));
    case 6: {
      const auto elements = List<Value>(arena, Below(4));
      for (Value& element : elements) {
        element = RandomValue(arena, depth + 1);
      }
      return Value::Array(elements);
    }
    default: {
      const auto entries = List<Attribute>(arena, Below(4));
      for (Attribute& entry : entries) {
        entry = {Text(arena), RandomValue(arena, depth + 1)};
      }
      return Value::Map(entries);
    }
  }
}

std::span<Attribute> RandomSpans::Attributes(Arena& arena, int most) {
  static const char* const kKeys[] = {"http.method",
                                      "http.url",
                                      "user.id",
                                      "",
                                      "k",
                                      "error",
                                      "a.rather.long.attribute.key.of.some.library"};
  const auto attributes = List<Attribute>(arena, Below(static_cast<std::uint64_t>(most) + 1));
  for (Attribute& attribute : attributes) {
    attribute.key = Below(30) == 0 ? Text(arena) : kKeys[Below(std::size(kKeys))];
    attribute.value = Below(2) == 0 ? Value::String(Text(arena)) : RandomValue(arena, 0);
  }
  return attributes;
}

Span RandomSpans::RandomSpan(Arena& arena, std::span<Resource> resources,
                             std::span<const Scope> scopes) {
  Span span;
  span.trace_id = RandomTraceId();
  span.span_id = Below(20) == 0 ? Below(3) : random_();
  span.parent_span_id = Below(3) == 0 ? 0 : random_();
  std::int64_t start =
      options_.start_us * 1000 +
      static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(options_.window_us) * 1000));
  std::int64_t duration = static_cast<std::int64_t>(Below(5'000'000'000));
  if (options_.odd_times && Below(50) == 0) {
    const std::int64_t odd[] = {0, -5'000, std::numeric_limits<std::int64_t>::min() / 1000 * 1000,
                                std::numeric_limits<std::int64_t>::max() / 1000 * 1000};
    start = odd[Below(4)];
    duration = odd[Below(4)];
  }
  const std::int64_t unit = options_.whole_micros ? 1000 : 1;
  span.start_time = UnixTime(Nanoseconds(start / unit * unit));
  span.duration = Nanoseconds(duration / unit * unit);
  span.name = arena.CopyText(
      "operation-" + std::to_string(Below(static_cast<std::uint64_t>(options_.operations))));
  span.kind = static_cast<SpanKind>(Below(6));
  span.status = static_cast<StatusCode>(Below(3));
  span.format = static_cast<SourceFormat>(Below(5));
  span.resource = &resources[Below(resources.size())];
  span.scope = Below(3) == 0 ? nullptr : &scopes[Below(scopes.size())];
  span.attributes = Attributes(arena, Below(40) == 0 ? 400 : options_.most_attributes);
  if (Below(4) == 0) {
    span.status_message = Text(arena);
    span.trace_state = Text(arena);
    span.flags = static_cast<std::uint32_t>(Below(4) == 0 ? random_() : Below(4));
  }
  if (Below(4) == 0) {
    span.dropped_attributes = static_cast<std::uint32_t>(Below(3));
    span.dropped_events = static_cast<std::uint32_t>(random_());
    span.dropped_links = static_cast<std::uint32_t>(Below(2));
    span.links = List<Link>(arena, Below(4));
    for (Link& link : span.links) {
      link.trace_id = Below(2) == 0 ? span.trace_id : RandomTraceId();
      link.span_id = Below(2) == 0 ? span.parent_span_id : random_();
      link.ref_type = static_cast<RefType>(Below(3));
      if (Below(2) == 0) {
        link.trace_state = Text(arena);
        link.flags = static_cast<std::uint32_t>(random_());
        link.dropped_attributes = static_cast<std::uint32_t>(Below(2));
        link.attributes = Attributes(arena, 3);
      }
    }
    span.warnings = List<std::string_view>(arena, Below(3));
    for (std::string_view& warning : span.warnings) {
      warning = Text(arena);
    }
  }
  span.events = List<Event>(arena, Below(3) == 0 ? Below(5) : 0);
  for (Event& event : span.events) {
    const std::int64_t at =
        Below(20) == 0 ? -7'000 : SaturatingAdd(start, static_cast<std::int64_t>(Below(1000)));
    event.time = UnixTime(Nanoseconds(at / unit * unit));
    event.name = Below(3) == 0 ? Text(arena) : "message";
    event.attributes = Attributes(arena, Below(30) == 0 ? 300 : 3);
    event.dropped_attributes = static_cast<std::uint32_t>(Below(3) == 0 ? random_() : 0);
  }
  return span;
}

std::unique_ptr<SpanBatch> RandomSpans::Batch(std::size_t count) {
  BatchLimits limits;
  limits.max_arena_bytes = std::size_t{1} << 30;
  auto batch = std::make_unique<SpanBatch>(std::string(), limits);
  Arena& arena = batch->arena();
  const auto resources = List<Resource>(arena, 1 + Below(3));
  for (Resource& resource : resources) {
    resource.service_name = arena.CopyText(
        "service-" + std::to_string(Below(static_cast<std::uint64_t>(options_.services))));
    resource.has_service_name = Below(5) != 0;
    resource.attributes = Below(2) == 0 ? std::span<Attribute>() : Attributes(arena, 4);
    resource.schema_url = Below(3) == 0 ? Text(arena) : std::string_view();
    resource.dropped_attributes = static_cast<std::uint32_t>(Below(2));
  }
  const auto scopes = List<Scope>(arena, 2);
  for (Scope& scope : scopes) {
    scope.name = Text(arena);
    scope.version = Text(arena);
    scope.attributes = Attributes(arena, 2);
    scope.schema_url = Text(arena);
    scope.dropped_attributes = static_cast<std::uint32_t>(Below(2));
  }
  const auto spans = List<Span>(arena, count);
  for (Span& span : spans) {
    span = RandomSpan(arena, resources, scopes);
  }
  batch->SetContents(spans, resources);
  return batch;
}

}  // namespace pugmark::test
