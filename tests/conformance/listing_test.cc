// Services, their operations, and the calls between them.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/conformance/backend.h"
#include "tests/support/storage_access.h"

namespace pugmark::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TestSpan Of(std::string service, std::string operation, SpanKind kind = SpanKind::kUnspecified) {
  return {
      .name = std::move(operation), .resource = {.service_name = std::move(service)}, .kind = kind};
}

TEST_CASE("storage: services are listed once, sorted", "[listing]") {
  TestStore store(EachBackend());
  MustWrite(*store, {Of("b", "x"), Of("a", "x"), Of("", "x"), Of("b", "y"), Of("B", "x")});
  MustWrite(*store, {Of("c", "x"), Of("a", "x")});
  const auto services = store.reader().GetServices({});
  REQUIRE(services.ok());
  CHECK(services->items == std::vector<std::string>{"", "B", "a", "b", "c"});
  CHECK_FALSE(services->truncated);
}

TEST_CASE("storage: operations are listed by name and kind", "[listing]") {
  TestStore store(EachBackend());
  MustWrite(*store, {Of("a", "get", SpanKind::kServer), Of("a", "get", SpanKind::kClient),
                     Of("a", "get", SpanKind::kServer), Of("a", "put"),
                     Of("a", "", SpanKind::kClient), Of("b", "other", SpanKind::kServer)});
  MustWrite(*store, {Of("a", "get", SpanKind::kServer), Of("a", "send", SpanKind::kProducer)});
  const auto list = [&](const std::string& service, std::optional<SpanKind> kind) {
    const auto operations = store.reader().GetOperations({}, service, kind);
    REQUIRE(operations.ok());
    CHECK_FALSE(operations->truncated);
    return operations->items;
  };
  using Operations = std::vector<Operation>;
  CHECK(list("a", {}) == Operations{{"", SpanKind::kClient},
                                    {"get", SpanKind::kServer},
                                    {"get", SpanKind::kClient},
                                    {"put", SpanKind::kUnspecified},
                                    {"send", SpanKind::kProducer}});
  CHECK(list("a", SpanKind::kServer) == Operations{{"get", SpanKind::kServer}});
  CHECK(list("a", SpanKind::kClient) ==
        Operations{{"", SpanKind::kClient}, {"get", SpanKind::kClient}});
  CHECK(list("a", SpanKind::kUnspecified) == Operations{{"put", SpanKind::kUnspecified}});
  CHECK(list("a", SpanKind::kConsumer).empty());
  CHECK(list("b", {}) == Operations{{"other", SpanKind::kServer}});
  CHECK(list("nobody", {}).empty());
}

// front calls cart twice (one call fails) and pay once; pay calls bank; cart calls itself.
std::vector<TestSpan> Graph() {
  const auto call = [](SpanId id, SpanId parent, std::string service, int start_ms,
                       StatusCode status = StatusCode::kUnset) {
    return TestSpan{.trace_id = {0, 1},
                    .span_id = id,
                    .parent_span_id = parent,
                    .start_time = kTestTime + milliseconds(start_ms),
                    .duration = milliseconds(10),
                    .resource = {.service_name = std::move(service)},
                    .status = status};
  };
  return {call(1, 0, "front", 0),  call(2, 1, "cart", 1), call(3, 1, "cart", 2, StatusCode::kError),
          call(4, 2, "cart", 3),   call(5, 1, "pay", 4),  call(6, 5, "bank", 5),
          call(7, 99, "orphan", 6)};
}

std::vector<std::string> Calls(TestStore& store, TimeRange window,
                               const RequestContext& context = {}) {
  REQUIRE(store->dependency_reader() != nullptr);
  const auto links = store->dependency_reader()->GetDependencies(context, window);
  REQUIRE(links.ok());
  std::vector<std::string> texts;
  for (const DependencyLink& link : *links) {
    texts.push_back(link.parent + ">" + link.child + " calls " + std::to_string(link.call_count) +
                    " errors " + std::to_string(link.error_count) + " ms " +
                    std::to_string(link.total_duration / milliseconds(1)));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

TEST_CASE("storage: dependencies count calls between different services", "[dependencies]") {
  TestStore store(EachBackend());
  if (store->dependency_reader() == nullptr) {
    return;
  }
  const std::vector<std::string> all{"front>cart calls 2 errors 1 ms 20",
                                     "front>pay calls 1 errors 0 ms 10",
                                     "pay>bank calls 1 errors 0 ms 10"};
  SECTION("in one batch") { MustWrite(*store, Graph()); }
  SECTION("in a batch per span, children first") {
    std::vector<TestSpan> spans = Graph();
    std::reverse(spans.begin(), spans.end());
    for (const TestSpan& span : spans) {
      MustWrite(*store, {span});
    }
  }
  SECTION("written twice") {
    MustWrite(*store, Graph());
    MustWrite(*store, Graph());
  }
  SECTION("in two traces with the same span ids") {
    std::vector<TestSpan> spans = Graph();
    spans.erase(spans.begin());  // the second trace lacks its root
    for (TestSpan& span : spans) {
      span.trace_id = {0, 2};
    }
    MustWrite(*store, Graph());
    MustWrite(*store, spans);
    CHECK(Calls(store, {}) ==
          std::vector<std::string>{all[0], all[1], "pay>bank calls 2 errors 0 ms 20"});
    return;
  }
  CHECK(Calls(store, {}) == all);
  CHECK(Calls(store, {}, {.tenant = "other"}).empty());
}

TEST_CASE("storage: dependencies count the child spans of the window", "[dependencies]") {
  TestStore store(EachBackend());
  if (store->dependency_reader() == nullptr) {
    return;
  }
  MustWrite(*store, Graph());
  const auto at = [](int ms) { return kTestTime + milliseconds(ms); };
  CHECK(Calls(store, {at(2), at(4)}) ==
        std::vector<std::string>{"front>cart calls 1 errors 1 ms 10",
                                 "front>pay calls 1 errors 0 ms 10"});
  CHECK(Calls(store, {at(5), at(5)}) ==
        std::vector<std::string>{"pay>bank calls 1 errors 0 ms 10"});
  CHECK(Calls(store, {at(6), kMaxTime}).empty());
  CHECK(Calls(store, {kMinTime, at(0)}).empty());
}

TEST_CASE("storage: client and server spans that share an id are a call", "[dependencies]") {
  TestStore store(EachBackend());
  if (store->dependency_reader() == nullptr) {
    return;
  }
  const auto span = [](SpanId id, SpanId parent, std::string service, SpanKind kind) {
    return TestSpan{.span_id = id,
                    .parent_span_id = parent,
                    .resource = {.service_name = std::move(service)},
                    .kind = kind,
                    .format = SourceFormat::kZipkin};
  };
  MustWrite(*store, {span(1, 0, "front", SpanKind::kServer), span(2, 1, "front", SpanKind::kClient),
                     span(2, 1, "back", SpanKind::kServer), span(3, 2, "disk", SpanKind::kClient)});
  CHECK(Calls(store, {}) == std::vector<std::string>{"back>disk calls 1 errors 0 ms 1",
                                                     "front>back calls 1 errors 0 ms 1"});
}

}  // namespace
}  // namespace pugmark::testing
