// Spans with contents of their own, written down as one expression, and batches made of them:
//
//   MakeBatch({{.trace_id = {0, 7}, .name = "GET /", .resource = {.service_name = "shop"},
//               .attributes = {{"http.status_code", 200}}}})
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/model/span.h"
#include "common/model/span_batch.h"

namespace pugmark::testing {

struct TestAttribute;
using TestAttributes = std::vector<TestAttribute>;

class TestValue {
 public:
  TestValue() = default;  // no member set
  // NOLINTBEGIN(google-explicit-constructor): they stand for literals
  TestValue(const char* text) : content_(std::string(text)) {}
  TestValue(std::string text) : content_(std::move(text)) {}
  TestValue(bool value) : content_(value) {}
  TestValue(int value) : content_(std::int64_t{value}) {}
  TestValue(std::int64_t value) : content_(value) {}
  TestValue(double value) : content_(value) {}
  // NOLINTEND(google-explicit-constructor)
  static TestValue Bytes(std::string bytes);
  static TestValue Array(std::vector<TestValue> elements);
  static TestValue Map(TestAttributes entries);

  // The value with its contents in the arena.
  [[nodiscard]] Value Build(Arena& arena) const;

 private:
  struct BytesContent {
    std::string bytes;
  };
  std::variant<std::monostate, std::string, bool, std::int64_t, double, BytesContent,
               std::vector<TestValue>, TestAttributes>
      content_;
};

struct TestAttribute {
  std::string key;
  TestValue value;
};

struct TestResource {
  std::string service_name = "service";
  TestAttributes attributes;
  std::string schema_url;
  std::uint32_t dropped_attributes = 0;
  bool has_service_name = true;
};

struct TestScope {
  std::string name;
  std::string version;
  TestAttributes attributes;
  std::string schema_url;
  std::uint32_t dropped_attributes = 0;
};

struct TestEvent {
  UnixTime time;
  std::string name;
  TestAttributes attributes;
  std::uint32_t dropped_attributes = 0;
};

struct TestLink {
  TraceId trace_id;
  SpanId span_id = 0;
  RefType ref_type = RefType::kLink;
  std::string trace_state;
  TestAttributes attributes;
  std::uint32_t flags = 0;
  std::uint32_t dropped_attributes = 0;
};

// Some afternoon: what spans are dated that do not say otherwise.
inline constexpr UnixTime kTestTime{std::chrono::seconds(1'700'000'000)};

struct TestSpan {
  TraceId trace_id{0, 1};
  SpanId span_id = 1;
  SpanId parent_span_id = 0;
  UnixTime start_time = kTestTime;
  Nanoseconds duration = std::chrono::milliseconds(1);
  std::string name = "operation";
  TestResource resource;
  SpanKind kind = SpanKind::kUnspecified;
  StatusCode status = StatusCode::kUnset;
  std::string status_message;
  TestAttributes attributes;
  std::vector<TestEvent> events;
  std::vector<TestLink> links;
  std::vector<std::string> warnings;
  std::optional<TestScope> scope;
  std::string trace_state;
  std::uint32_t flags = 0;
  std::uint32_t dropped_attributes = 0;
  std::uint32_t dropped_events = 0;
  std::uint32_t dropped_links = 0;
  SourceFormat format = SourceFormat::kOtlp;
};

// A batch that owns everything; spans next to each other whose resources are equal share one.
std::unique_ptr<SpanBatch> MakeBatch(const std::vector<TestSpan>& spans);

}  // namespace pugmark::testing
