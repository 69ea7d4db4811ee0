// Makes traces: a tree of spans across services, with the attributes and events that instrumented
// programs send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/base/time.h"
#include "common/model/arena.h"
#include "common/model/span.h"
#include "deploy/tracegen/random.h"
#include "deploy/tracegen/topology.h"

namespace pugmark::tracegen {

// Takes the spans of a trace as they are made.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  // Where the texts, attributes and events of the next span of that service go.
  virtual Arena& ArenaOf(std::size_t service) = 0;
  // `span` points into ArenaOf(service) and into the topology.
  virtual void Add(std::size_t service, const Span& span, std::uint64_t trace_number) = 0;
};

struct TraceShape {
  std::size_t spans = 12;
  std::size_t depth = 5;        // levels, the root counted; at least 2 where spans > 1
  std::size_t attributes = 10;  // of a span
};

// Thread safety: one thread; generators of several threads share the topology.
class TraceGenerator {
 public:
  TraceGenerator(const Topology& topology, const TraceShape& shape, std::uint64_t seed);

  // The id of trace `number`: depends on the seed and the number alone.
  static TraceId IdOf(std::uint64_t seed, std::uint64_t number);

  // Makes the spans of trace `number`, whose root starts at `start`. Everything but the times
  // depends on the seed and the number alone, so workers may share the numbers in any way.
  void Generate(std::uint64_t number, UnixTime start, SpanSink& sink);

 private:
  // What a span does, which decides its attributes and who may be below it.
  enum class Role : std::uint8_t { kServer, kClient, kDatabase, kInternal };

  struct Node {
    Role role;
    bool answered = false;  // a client that has its server span below it
    std::size_t service;
    std::size_t operation;  // of `service`, or of `callee` for a client
    std::size_t callee;     // a client's
    std::size_t parent;     // index; the root has its own
    std::size_t level;      // the root's is 1
    SpanId span_id;
    std::int64_t start_us;  // after the root
    std::int64_t duration_us;
    bool failed;
  };

  void MakeTree(Random& random);
  std::size_t ChooseParent(Random& random) const;
  Node MakeChild(std::size_t parent, Random& random);
  void Emit(const Node& node, TraceId trace_id, std::uint64_t number, UnixTime start,
            Random& random, SpanSink& sink);

  const Topology& topology_;
  const TraceShape shape_;
  const std::uint64_t seed_;
  std::vector<Node> nodes_;
};

}  // namespace pugmark::tracegen
