// Deadlines, cancellation and byte budgets of requests.
#include <catch2/catch.hpp>
#include <chrono>
#include <stop_token>
#include <thread>

#include "tests/conformance/backend.h"
#include "tests/support/storage_access.h"

namespace pugmark::testing {
namespace {

RequestContext Late() {
  return {.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1)};
}

void WriteSome(TestStore& store) {
  std::vector<TestSpan> spans;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    spans.push_back({.trace_id = {0, i}, .attributes = {{"text", std::string(1000, 'x')}}});
  }
  MustWrite(*store, spans);
}

TEST_CASE("storage: a read past its deadline says so", "[storage]") {
  TestStore store(EachBackend());
  WriteSome(store);
  const auto is_late = [](const auto& result) {
    return !result.ok() && result.error().code == ErrorCode::kDeadlineExceeded;
  };
  CHECK(is_late(ReadAll(store.reader().GetTraces(Late(), {{{0, 1}, {}}}))));
  CHECK(is_late(ReadAll(store.reader().FindTraces(Late(), {.service = "service"}))));
  CHECK(is_late(store.reader().FindTraceIds(Late(), {.service = "service"})));
}

TEST_CASE("storage: a read whose client has gone is cancelled", "[storage]") {
  TestStore store(EachBackend());
  WriteSome(store);
  std::stop_source source;
  const RequestContext context{.stop = source.get_token()};
  Result<std::unique_ptr<TraceStream>> stream =
      store.reader().FindTraces(context, {.service = "service"});
  REQUIRE(stream.ok());
  REQUIRE((*stream)->Next().ok());
  source.request_stop();
  const auto next = (*stream)->Next();
  REQUIRE_FALSE(next.ok());
  CHECK(next.error().code == ErrorCode::kCancelled);
  const auto search = store.reader().FindTraceIds(context, {.service = "service"});
  REQUIRE_FALSE(search.ok());
  CHECK(search.error().code == ErrorCode::kCancelled);
}

TEST_CASE("storage: a write past its deadline stores nothing", "[storage]") {
  TestStore store(EachBackend());
  const WriteResult result = WriteAndWait(*store, Late(), MakeBatch({{}}));
  CHECK(result.outcome == WriteResult::Outcome::kRefused);
  REQUIRE_FALSE(result.status.ok());
  CHECK(result.status.error().code == ErrorCode::kDeadlineExceeded);
  CHECK(MustReadTrace(store.reader(), {0, 1}).spans.empty());
}

TEST_CASE("storage: a reader holds no more than its byte budget", "[storage]") {
  TestStore store(EachBackend());
  std::vector<TestSpan> spans;
  for (std::uint64_t i = 1; i <= 4000; ++i) {
    spans.push_back({.span_id = i, .attributes = {{"text", std::string(2000, 'x')}}});
  }
  MustWrite(*store, spans);

  SECTION("a budget for a part of the trace gives it in parts") {
    const RequestContext context{.byte_budget = 2 << 20};
    Result<std::unique_ptr<TraceStream>> stream = store.reader().GetTraces(context, {{{0, 1}, {}}});
    REQUIRE(stream.ok());
    std::size_t read = 0;
    while (true) {
      const auto chunk = (*stream)->Next();
      REQUIRE(chunk.ok());
      if (*chunk == nullptr) {
        break;
      }
      CHECK((*chunk)->arena().bytes_reserved() <= context.byte_budget);
      read += (*chunk)->spans().size();
    }
    CHECK(read == spans.size());
  }
  SECTION("a budget for less than a span is refused") {
    const RequestContext context{.byte_budget = 100};
    const auto read = ReadAll(store.reader().GetTraces(context, {{{0, 1}, {}}}));
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == ErrorCode::kResourceExhausted);
  }
}

TEST_CASE("storage: a stream shows what there was when it was made", "[storage]") {
  TestStore store(EachBackend());
  MustWrite(*store, {{.trace_id = {0, 1}, .span_id = 1}, {.trace_id = {0, 2}, .span_id = 1}});
  auto by_id = store.reader().GetTraces({}, {{{0, 1}, {}}, {{0, 2}, {}}});
  auto found = store.reader().FindTraces({}, {.service = "service"});
  MustWrite(*store, {{.trace_id = {0, 1}, .span_id = 2},
                     {.trace_id = {0, 2}, .span_id = 2},
                     {.trace_id = {0, 3}, .span_id = 2}});
  for (auto* const stream : {&by_id, &found}) {
    const auto traces = MustReadAll(std::move(*stream));
    REQUIRE(traces.size() == 2);
    CHECK(traces[0].spans.size() == 1);
    CHECK(traces[1].spans.size() == 1);
  }
  CHECK(MustReadTrace(store.reader(), {0, 1}).spans.size() == 2);
}

TEST_CASE("storage: a stream may be pulled from another thread", "[storage]") {
  TestStore store(EachBackend());
  WriteSome(store);
  auto stream = store.reader().FindTraces({}, {.service = "service"});
  REQUIRE(stream.ok());
  REQUIRE((*stream)->Next().ok());
  bool ok = false;
  std::jthread([&] { ok = (*stream)->Next().ok(); }).join();
  CHECK(ok);
}

}  // namespace
}  // namespace pugmark::testing
