#include "deploy/tracegen/trace_generator.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/model/span_batch.h"

namespace pugmark::tracegen {
namespace {

constexpr UnixTime kStart{std::chrono::seconds(1'700'000'000)};

// Keeps what was generated, and its memory.
class Collector : public SpanSink {
 public:
  Arena& ArenaOf(std::size_t) override { return arena_; }
  void Add(std::size_t service, const Span& span, std::uint64_t) override {
    services.push_back(service);
    spans.push_back(span);
  }

  std::vector<Span> spans;
  std::vector<std::size_t> services;

 private:
  Arena arena_{std::size_t{64} << 20};
};

struct Setup {
  std::size_t services = 10;
  TraceShape shape;
  std::uint64_t seed = 1;
};

void Generate(const Setup& setup, const Topology& topology, std::uint64_t number, UnixTime start,
              Collector& out) {
  TraceGenerator generator(topology, setup.shape, setup.seed);
  generator.Generate(number, start, out);
}

bool SameButTimes(std::vector<Span> a, std::vector<Span> b) {
  if (a.size() != b.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto shift = b[i].start_time - a[i].start_time;
    b[i].start_time -= shift;
    for (Event& event : b[i].events) {
      event.time -= shift;
    }
    if (!SameSpan(a[i], b[i])) {
      return false;
    }
  }
  return true;
}

// Spans need a resource to be compared.
void SetResource(Collector& out, Resource& resource) {
  for (Span& span : out.spans) {
    span.resource = &resource;
  }
}

}  // namespace

TEST_CASE("generated traces: the same seed and number give the same trace at any time",
          "[tracegen]") {
  const Setup setup;
  const Topology topology(setup.services, 8, setup.seed);
  Resource resource;
  Collector first;
  Collector again;
  Collector other;
  Generate(setup, topology, 7, kStart, first);
  {
    // Another trace before it changes nothing.
    TraceGenerator generator(topology, setup.shape, setup.seed);
    Collector ignored;
    generator.Generate(3, kStart, ignored);
    generator.Generate(7, kStart + std::chrono::hours(1), again);
  }
  Generate(setup, topology, 8, kStart, other);
  SetResource(first, resource);
  SetResource(again, resource);
  SetResource(other, resource);
  CHECK(SameButTimes(first.spans, again.spans));
  CHECK_FALSE(SameButTimes(first.spans, other.spans));
  CHECK(first.services == again.services);
}

TEST_CASE("generated traces: another seed gives other ids", "[tracegen]") {
  std::set<std::string> ids;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    for (std::uint64_t number = 0; number < 1'000; ++number) {
      const TraceId id = TraceGenerator::IdOf(seed, number);
      CHECK_FALSE(id.IsZero());
      ids.insert(id.ToText());
    }
  }
  CHECK(ids.size() == 10'000);
}

TEST_CASE("generated traces: each is one tree of the asked size", "[tracegen]") {
  const auto [services, spans, depth, attributes] =
      GENERATE(table<std::size_t, std::size_t, std::size_t, std::size_t>(
          {{1, 1, 1, 1}, {1, 20, 2, 3}, {10, 12, 5, 10}, {40, 500, 12, 25}}));
  CAPTURE(services, spans, depth, attributes);
  const Setup setup{.services = services,
                    .shape = {.spans = spans, .depth = depth, .attributes = attributes}};
  const Topology topology(services, 8, setup.seed);
  for (std::uint64_t number = 0; number < 20; ++number) {
    CAPTURE(number);
    Collector out;
    Generate(setup, topology, number, kStart, out);
    REQUIRE(out.spans.size() == spans);
    std::map<SpanId, std::pair<const Span*, std::size_t>> seen;  // with the level
    for (const Span& span : out.spans) {
      CHECK(span.trace_id == TraceGenerator::IdOf(setup.seed, number));
      CHECK(span.attributes.size() == attributes);
      CHECK(span.duration > Nanoseconds(0));
      CHECK_FALSE(span.name.empty());
      std::size_t level = 1;
      if (seen.empty()) {
        CHECK(span.parent_span_id == 0);
        CHECK(span.start_time == kStart);
      } else {
        REQUIRE(seen.count(span.parent_span_id) == 1);  // parents come first
        const auto& [parent, parent_level] = seen.at(span.parent_span_id);
        level = parent_level + 1;
        CHECK(span.start_time >= parent->start_time);
        CHECK(span.start_time + span.duration <= parent->start_time + parent->duration);
      }
      CHECK(level <= depth);
      CHECK(seen.emplace(span.span_id, std::pair(&span, level)).second);
    }
  }
}

TEST_CASE("generated traces: services, kinds and values vary as in real ones", "[tracegen]") {
  const Setup setup;
  const Topology topology(setup.services, 8, setup.seed);
  Collector out;
  TraceGenerator generator(topology, setup.shape, setup.seed);
  for (std::uint64_t number = 0; number < 500; ++number) {
    generator.Generate(number, kStart, out);
  }
  std::set<std::size_t> services(out.services.begin(), out.services.end());
  CHECK(services.size() == 10);
  std::size_t with_event = 0;
  std::set<ValueType> types;
  std::set<std::string_view> kinds;
  for (const Span& span : out.spans) {
    with_event += span.events.empty() ? 0U : 1U;
    for (const Attribute& attribute : span.attributes) {
      types.insert(attribute.value.type());
      if (attribute.key == "span.kind") {
        kinds.insert(attribute.value.text());
      }
    }
  }
  CHECK(types == std::set<ValueType>{ValueType::kString, ValueType::kBool, ValueType::kInt,
                                     ValueType::kDouble});
  CHECK(kinds == std::set<std::string_view>{"client", "server"});
  // One in three has an event, and failed ones always.
  CHECK(with_event * 100 > out.spans.size() * 25);
  CHECK(with_event * 100 < out.spans.size() * 45);
}

TEST_CASE("topology: names are distinct and the first ones are the shop's", "[tracegen]") {
  const Topology topology(120, 100, 1);
  std::set<std::string> names;
  for (std::size_t i = 0; i < topology.size(); ++i) {
    const Service& service = topology.service(i);
    names.insert(service.name);
    std::set<std::string> operations;
    for (const Operation& operation : service.operations) {
      operations.insert(operation.name);
    }
    CHECK(operations.size() == 100);
    CHECK(service.resource.service_name == service.name);
    CHECK(service.resource.attributes.size() == 6);
  }
  CHECK(names.size() == 120);
  CHECK(topology.service(0).name == "frontend");
  CHECK(topology.service(10).name == "svc-11");
}

}  // namespace pugmark::tracegen
