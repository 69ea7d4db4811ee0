#include "tests/conformance/search_fixture.h"

#include <utility>

namespace pugmark::testing {
namespace {

using std::chrono::milliseconds;

FilterNode Combine(FilterOp op, std::vector<FilterNode> children) {
  FilterNode node;
  node.op = op;
  node.children = std::move(children);
  return node;
}

}  // namespace

UnixTime At(int second, Nanoseconds beyond) {
  return kTestTime + std::chrono::seconds(second) + beyond;
}

std::vector<TestSpan> SearchFixture() {
  const TestResource web{"web", {{"host.name", "web-1"}, {"zone", "a"}}, "https://schema/web"};
  const TestResource payments{"payments", {{"host.name", "pay-1"}, {"cores", 8}}};
  std::vector<TestSpan> spans;

  // A server span and the client span below it; two operations of one service.
  spans.push_back({.trace_id = kCheckout,
                   .span_id = 0x11,
                   .start_time = At(1),
                   .duration = milliseconds(100),
                   .name = "POST /checkout",
                   .resource = web,
                   .kind = SpanKind::kServer,
                   .status = StatusCode::kOk,
                   .attributes = {{"http.status_code", 200}, {"user", "ann"}},
                   .scope = TestScope{"http-library", "1.0", {{"scope.key", "scope value"}}}});
  spans.push_back({.trace_id = kCheckout,
                   .span_id = 0x12,
                   .parent_span_id = 0x11,
                   .start_time = At(1, milliseconds(10)),
                   .duration = milliseconds(50),
                   .name = "charge",
                   .resource = web,
                   .kind = SpanKind::kClient,
                   .attributes = {{"peer.service", "payments"}}});
  // A call into the other service that failed.
  spans.push_back({.trace_id = kPayment,
                   .span_id = 0x21,
                   .start_time = At(2),
                   .duration = milliseconds(200),
                   .name = "charge",
                   .resource = web,
                   .kind = SpanKind::kClient,
                   .trace_state = "vendor=1"});
  spans.push_back({.trace_id = kPayment,
                   .span_id = 0x22,
                   .parent_span_id = 0x21,
                   .start_time = At(2, milliseconds(20)),
                   .duration = milliseconds(150),
                   .name = "POST /charge",
                   .resource = payments,
                   .kind = SpanKind::kServer,
                   .status = StatusCode::kError,
                   .status_message = "card declined",
                   .attributes = {{"http.status_code", 402}, {"user", "bob"}}});
  // What other queries ask of one span lies here on two.
  spans.push_back({.trace_id = kSplit,
                   .span_id = 0x31,
                   .start_time = At(3),
                   .duration = milliseconds(1),
                   .name = "left",
                   .resource = web,
                   .attributes = {{"left", "yes"}, {"http.status_code", "200"}}});
  spans.push_back({.trace_id = kSplit,
                   .span_id = 0x32,
                   .start_time = At(3, milliseconds(1)),
                   .duration = milliseconds(300),
                   .name = "right",
                   .resource = payments,
                   .attributes = {{"right", "yes"}}});
  // As a Jaeger client sends it: kind and error are tags.
  spans.push_back({.trace_id = kThrift,
                   .span_id = 0x41,
                   .start_time = At(4),
                   .duration = milliseconds(400),
                   .name = "thrift call",
                   .resource = {"legacy", {{"ip", "10.0.0.1"}, {"jaeger.version", "Go-2"}}},
                   .kind = SpanKind::kServer,
                   .status = StatusCode::kError,
                   .attributes = {{"span.kind", "server"}, {"error", true}, {"sampler", "const"}},
                   .events = {{At(4), "", {{"event", "retry"}, {"attempt", 3}}}},
                   .flags = kFlagSampled,
                   .format = SourceFormat::kJaeger});
  // One attribute of every type.
  spans.push_back({.trace_id = kTypes,
                   .span_id = 0x51,
                   .start_time = At(5),
                   .duration = milliseconds(500),
                   .name = "types",
                   .resource = {"types", {}},
                   .attributes = {{"bool", true},
                                  {"int", -7},
                                  {"large", std::int64_t{9'007'199'254'740'993}},
                                  {"double", 0.1},
                                  {"exponent", 1e21},
                                  {"whole", 5.0},
                                  {"infinite", -std::numeric_limits<double>::infinity()},
                                  {"bytes", TestValue::Bytes("\x01\xab")},
                                  {"array", TestValue::Array({"x", 1, true})},
                                  {"map", TestValue::Map({{"k", "v"}})},
                                  {"empty", {}},
                                  {"text", "some text"},
                                  {"twice", "first"},
                                  {"twice", "second"}}});
  // Events and links with attributes of their own.
  spans.push_back(
      {.trace_id = kEvents,
       .span_id = 0x61,
       .start_time = At(6),
       .duration = milliseconds(600),
       .name = "events",
       .resource = {"events", {}},
       .kind = SpanKind::kProducer,
       .events = {{At(6, milliseconds(100)), "exception", {{"type", "IOError"}}},
                  {At(6, milliseconds(200)), "message", {{"type", "sent"}, {"size", 10}}}},
       .links = {{kCheckout, 0x11, RefType::kLink, "link=1", {{"reason", "batch"}}},
                 {kPayment, 0x22, RefType::kLink, "", {{"reason", "retry"}}}}});
  return spans;
}

FilterNode And(std::vector<FilterNode> children) {
  return Combine(FilterOp::kAnd, std::move(children));
}

FilterNode Or(std::vector<FilterNode> children) {
  return Combine(FilterOp::kOr, std::move(children));
}

FilterNode Not(FilterNode child) { return Combine(FilterOp::kNot, {std::move(child)}); }

FilterNode Some(FilterLevel level, std::vector<FilterNode> children) {
  FilterNode node = Combine(FilterOp::kSome, std::move(children));
  node.level = level;
  return node;
}

FilterNode Attr(FilterOp op, FilterLevel level, std::string key, std::vector<FilterValue> values) {
  FilterNode node;
  node.op = op;
  node.level = level;
  node.key = std::move(key);
  node.values = std::move(values);
  return node;
}

FilterNode Field(FilterOp op, FilterLevel level, std::string name,
                 std::vector<FilterValue> values) {
  FilterNode node = Attr(op, level, std::move(name), std::move(values));
  node.is_field = true;
  return node;
}

}  // namespace pugmark::testing
