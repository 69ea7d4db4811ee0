#include "deploy/tracegen/trace_generator.h"

#include <algorithm>
#include <string_view>

#include "deploy/tracegen/span_content.h"

namespace pugmark::tracegen {
namespace {

constexpr std::size_t kUsers = 100'000;
constexpr std::size_t kObjects = 1'000'000;
constexpr std::size_t kFailedOneIn = 50;
constexpr std::size_t kEventOneIn = 3;

std::int64_t Between(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random.Below(static_cast<std::size_t>(high - low + 1)));
}

void AddEvent(Arena& arena, Span& span, bool failed, Random& random) {
  Event* const event = arena.Allocate<Event>(1);
  if (event == nullptr) {
    return;
  }
  AttributeList fields(arena, 4);
  if (failed) {
    fields.Text("event", "error");
    fields.Text("level", "error");
    fields.Numbered("message", "no answer from the peer, attempt ", 1 + random.Below(5));
    fields.Text("error.kind", "Timeout");
  } else {
    fields.Text("event", "message.received");
    fields.Text("level", "info");
    fields.Numbered("message", "accepted a request, bytes=", random.Below(20'000));
    fields.Int("line", static_cast<std::int64_t>(random.Below(2'000)));
  }
  *event = Event{.time = span.start_time + span.duration / 2,
                 .name = {},
                 .attributes = fields.values(),
                 .dropped_attributes = 0};
  span.events = {event, 1};
}

}  // namespace

TraceGenerator::TraceGenerator(const Topology& topology, const TraceShape& shape,
                               std::uint64_t seed)
    : topology_(topology), shape_(shape), seed_(seed) {
  nodes_.reserve(shape.spans);
}

TraceId TraceGenerator::IdOf(std::uint64_t seed, std::uint64_t number) {
  Random random(seed, number + 1);
  const std::uint64_t high = random.Next();
  return {high, random.Next() | 1};  // never zero
}

void TraceGenerator::Generate(std::uint64_t number, UnixTime start, SpanSink& sink) {
  const TraceId trace_id = IdOf(seed_, number);
  Random random(trace_id.high, trace_id.low);
  MakeTree(random);
  for (const Node& node : nodes_) {
    Emit(node, trace_id, number, start, random, sink);
  }
}

void TraceGenerator::MakeTree(Random& random) {
  nodes_.clear();
  const std::size_t root_service = random.OneIn(4) ? random.Below(topology_.size()) : 0;
  nodes_.push_back({.role = Role::kServer,
                    .service = root_service,
                    .operation = random.Below(topology_.service(root_service).operations.size()),
                    .callee = root_service,
                    .parent = 0,
                    .level = 1,
                    .span_id = random.Next() | 1,
                    .start_us = 0,
                    .duration_us = Between(random, 20'000, 400'000),
                    .failed = random.OneIn(kFailedOneIn)});
  while (nodes_.size() < shape_.spans) {
    nodes_.push_back(MakeChild(ChooseParent(random), random));
  }
}

// The latest span where it can have one more below it, so that calls nest; otherwise, and for every
// third span, any earlier one or the nearest above it that can.
std::size_t TraceGenerator::ChooseParent(Random& random) const {
  const auto can_have_child = [this](const Node& node) {
    return node.level < shape_.depth && node.role != Role::kDatabase && !node.answered;
  };
  std::size_t index = random.OneIn(3) ? random.Below(nodes_.size()) : nodes_.size() - 1;
  while (index != 0 && !can_have_child(nodes_[index])) {
    index = nodes_[index].parent;
  }
  return index;
}

TraceGenerator::Node TraceGenerator::MakeChild(std::size_t parent_index, Random& random) {
  Node& parent = nodes_[parent_index];
  Node child{.role = Role::kInternal,
             .service = parent.service,
             .operation = 0,
             .callee = parent.service,
             .parent = parent_index,
             .level = parent.level + 1,
             .span_id = random.Next() | 1,
             .start_us = 0,
             .duration_us = 0,
             .failed = random.OneIn(kFailedOneIn)};
  child.duration_us = std::max<std::int64_t>(1, parent.duration_us * Between(random, 10, 80) / 100);
  child.start_us =
      parent.start_us +
      Between(random, 0, parent.duration_us - std::min(child.duration_us, parent.duration_us));
  if (parent.role == Role::kClient) {
    // The other end of the call.
    parent.answered = true;
    child.role = Role::kServer;
    child.service = parent.callee;
    child.operation = parent.operation;
    child.callee = child.service;
    return child;
  }
  const std::size_t choice = random.Below(100);
  if (choice < 50 && topology_.size() > 1) {
    child.role = Role::kClient;
    const std::size_t step = 1 + random.Below(topology_.size() - 1);
    child.callee = (child.service + step) % topology_.size();
    child.operation = random.Below(topology_.service(child.callee).operations.size());
  } else if (choice < 80) {
    child.role = Role::kDatabase;
  } else {
    child.operation = random.Below(topology_.service(child.service).functions.size());
  }
  return child;
}

void TraceGenerator::Emit(const Node& node, TraceId trace_id, std::uint64_t number, UnixTime start,
                          Random& random, SpanSink& sink) {
  const Service& service = topology_.service(node.service);
  const Service& callee = topology_.service(node.callee);
  Arena& arena = sink.ArenaOf(node.service);
  AttributeList tags(arena, shape_.attributes);
  Span span;
  span.trace_id = trace_id;
  span.span_id = node.span_id;
  span.parent_span_id = node.level == 1 ? 0 : nodes_[node.parent].span_id;
  span.start_time = start + std::chrono::microseconds(node.start_us);
  span.duration = std::chrono::microseconds(node.duration_us);
  span.flags = kFlagSampled;

  const auto http = [&](const Operation& operation, std::string_view kind) {
    span.name = operation.name;
    tags.Text("span.kind", kind);
    tags.Text("http.method", operation.method);
    tags.Int("http.status_code", node.failed ? 500 : 200);
    tags.Numbered("http.target", operation.path, random.Below(kObjects));
  };
  switch (node.role) {
    case Role::kServer:
      http(service.operations[node.operation], "server");
      if (node.failed) {
        tags.Bool("error", true);
      }
      tags.Text("component", "net/http");
      tags.Numbered("user.id", "user-", random.Below(kUsers));
      tags.Hex("request.id", "req-", random.Next());
      tags.Numbered("net.peer.ip", "10.0.7.", random.Below(256));
      tags.Int("net.host.port", 8080);
      break;
    case Role::kClient:
      http(callee.operations[node.operation], "client");
      if (node.failed) {
        tags.Bool("error", true);
      }
      tags.Text("component", "net/http");
      tags.Text("peer.service", callee.name);
      tags.Text("http.host", callee.url);
      tags.Int("net.peer.port", 8080);
      tags.Int("http.response_content_length", static_cast<std::int64_t>(random.Below(30'000)));
      break;
    case Role::kDatabase:
      span.name = "SELECT";
      tags.Text("span.kind", "client");
      tags.Text("db.type", "sql");
      tags.Text("db.instance", service.database);
      tags.Text("db.statement", service.statement);
      if (node.failed) {
        tags.Bool("error", true);
      }
      tags.Text("peer.service", "postgresql");
      tags.Int("net.peer.port", 5432);
      tags.Int("db.rows", static_cast<std::int64_t>(random.Below(200)));
      break;
    case Role::kInternal:
      span.name = service.functions[node.operation];
      tags.Text("code.function", service.functions[node.operation]);
      tags.Bool("cache.hit", !random.OneIn(5));
      if (node.failed) {
        tags.Bool("error", true);
      }
      tags.Double("queue.wait_ms", static_cast<double>(random.Below(100'000)) / 1000);
      tags.Int("queue.depth", static_cast<std::int64_t>(random.Below(64)));
      break;
  }
  tags.Numbered("thread.name", "worker-", random.Below(64));
  tags.Fill(random);
  span.attributes = tags.values();
  if (node.failed || random.OneIn(kEventOneIn)) {
    AddEvent(arena, span, node.failed, random);
  }
  sink.Add(node.service, span, number);
}

}  // namespace pugmark::tracegen
