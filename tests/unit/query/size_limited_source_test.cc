#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "api_fixture.h"

namespace pugmark {

TEST_CASE("api: traces longer than the limit are cut, and say so", "[query]") {
  FakeStorage storage;
  for (const std::size_t size : {3U, 5U, 6U, 20U}) {
    std::vector<TestSpan> trace;
    for (SpanId id = 1; id <= size; ++id) {
      trace.push_back({.trace_id = {0, size}, .span_id = id, .parent = id == 1 ? 0U : 1U});
    }
    storage.traces.push_back(std::move(trace));
  }
  storage.spans_per_chunk = GENERATE(1U, 2U, 5U, 100U);
  CAPTURE(storage.spans_per_chunk);
  ApiFixture api(storage, {.max_trace_spans = 5});
  const auto body = nlohmann::json::parse(api.Get("/api/traces?service=svc").body);
  REQUIRE(body["data"].size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& spans = body["data"][i]["spans"];
    CAPTURE(i);
    CHECK(spans.size() == std::min<std::size_t>(storage.traces[i].size(), 5));
    const auto& warnings = spans.back()["warnings"];
    if (storage.traces[i].size() > 5) {
      CHECK(warnings[0] == "trace has more than 5 spans, showing first 5 spans only");
    } else {
      CHECK(warnings.is_null());
    }
  }
}

}  // namespace pugmark
