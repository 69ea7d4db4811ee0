#include "tests/support/random_spans.h"

#include <limits>

namespace pugmark::testing {

TestValue RandomSpans::ScalarValue() {
  switch (Below(5)) {
    case 0:
      return OneIn(2);
    case 1:
      return static_cast<std::int64_t>(Below(5)) - 2;
    case 2:
      return 0.5 * static_cast<double>(Below(5));
    default:
      return "value-" + std::to_string(Below(4));
  }
}

TestValue RandomSpans::AnyValue(int depth) {
  switch (Below(depth > 0 ? 14 : 11)) {
    case 0:
      return {};
    case 1:
      return TestValue::Bytes(std::string("\x00\xff\x10", Below(4)));
    case 2:
      return std::string();
    case 3:
      return std::numeric_limits<std::int64_t>::min();
    case 4:
      return std::numeric_limits<double>::infinity();
    case 11:
    case 12: {
      std::vector<TestValue> elements(Below(4));
      for (TestValue& element : elements) {
        element = AnyValue(depth - 1);
      }
      return TestValue::Array(std::move(elements));
    }
    case 13: {
      TestAttributes entries;
      for (std::uint64_t i = Below(4); i > 0; --i) {
        entries.push_back({Key(), AnyValue(depth - 1)});
      }
      return TestValue::Map(std::move(entries));
    }
    default:
      return ScalarValue();
  }
}

TestAttributes RandomSpans::Attributes(std::uint64_t most) {
  TestAttributes attributes;
  for (std::uint64_t i = Below(most + 1); i > 0; --i) {
    attributes.push_back({Key(), AnyValue(3)});
  }
  return attributes;
}

TestResource RandomSpans::MakeResource() {
  TestResource resource;
  resource.service_name = ServiceName();
  resource.attributes = Attributes(3);
  if (OneIn(4)) {
    resource.schema_url = "https://schema/" + std::to_string(Below(2));
    resource.dropped_attributes = static_cast<std::uint32_t>(Below(3));
  }
  return resource;
}

TestScope RandomSpans::MakeScope() {
  return {"scope-" + std::to_string(Below(3)), OneIn(2) ? "1." + std::to_string(Below(3)) : "",
          Attributes(2), OneIn(3) ? "https://schema/s" : "", static_cast<std::uint32_t>(Below(2))};
}

void RandomSpans::AddRareParts(TestSpan& span) {
  span.trace_state = OneIn(3) ? "vendor=" + std::to_string(Below(3)) : "";
  span.status_message = OneIn(3) ? "message " + std::to_string(Below(3)) : "";
  if (OneIn(4)) {
    span.warnings = {"first warning", "", "warning " + std::to_string(Below(3))};
  }
  span.flags = static_cast<std::uint32_t>(random_());
  span.dropped_attributes = static_cast<std::uint32_t>(Below(3));
  span.dropped_events = static_cast<std::uint32_t>(Below(3));
  span.dropped_links = static_cast<std::uint32_t>(Below(3));
  for (std::uint64_t i = Below(3); i > 0; --i) {
    span.links.push_back({TraceId{Below(2), Below(5)}, Below(4), static_cast<RefType>(Below(3)),
                          OneIn(2) ? "state" : "", Attributes(2),
                          static_cast<std::uint32_t>(Below(300)),
                          static_cast<std::uint32_t>(Below(2))});
  }
}

TestSpan RandomSpans::Next(std::uint64_t traces, Nanoseconds window) {
  TestSpan span;
  const std::uint64_t trace = Below(traces);
  span.trace_id = {trace % 3, trace + 1};
  span.span_id = OneIn(20) ? 0 : random_();
  span.parent_span_id = OneIn(3) ? 0 : random_();
  span.start_time = kTestTime + Nanoseconds(Below(static_cast<std::uint64_t>(window.count()) + 1));
  span.duration = Nanoseconds(Below(1'000'000'000));
  span.name = OperationName();
  span.resource = MakeResource();
  span.kind = static_cast<SpanKind>(Below(6));
  span.status = static_cast<StatusCode>(Below(3));
  span.format = static_cast<SourceFormat>(Below(5));
  span.attributes = Attributes(4);
  for (std::uint64_t i = Below(3); i > 0; --i) {
    span.events.push_back({span.start_time + Nanoseconds(Below(1000)),
                           OneIn(2) ? "event-" + std::to_string(Below(3)) : "", Attributes(2),
                           static_cast<std::uint32_t>(Below(2))});
  }
  if (OneIn(2)) {
    span.scope = MakeScope();
  }
  AddRareParts(span);
  return span;
}

}  // namespace pugmark::testing
