#include "query/service/trace_analysis.h"

#include <catch2/catch.hpp>
#include <string>

namespace pugmark {
namespace {

SpanTimes At(SpanId id, SpanId parent, std::int64_t start, std::int64_t end,
             bool is_followup = false) {
  return {id, parent, UnixTime(Nanoseconds(start)), Nanoseconds(end - start), is_followup};
}

// "1:0-20 2:20-50": ids of spans with their stretches.
std::string PathText(const std::vector<SpanTimes>& spans) {
  const TraceAnalysis analysis(spans);
  std::string text;
  for (const auto& section : analysis.CriticalPath(analysis.main_root())) {
    text += (text.empty() ? "" : " ") + std::to_string(spans[section.span].id) + ":" +
            std::to_string(section.start.time_since_epoch().count()) + "-" +
            std::to_string(section.end.time_since_epoch().count());
  }
  return text;
}

std::string SelfText(const std::vector<SpanTimes>& spans) {
  std::string text;
  for (const Nanoseconds self : TraceAnalysis(spans).SelfTimes()) {
    text += (text.empty() ? "" : " ") + std::to_string(self.count());
  }
  return text;
}

}  // namespace

TEST_CASE("trace analysis: hand-worked traces", "[query]") {
  struct Case {
    std::string name;
    std::vector<SpanTimes> spans;
    std::string path;
    std::string self;
  };
  const auto c = GENERATE(values<Case>({
      {"one span", {At(1, 0, 0, 100)}, "1:0-100", "100"},
      {"one call", {At(1, 0, 0, 100), At(2, 1, 20, 50)}, "1:0-20 2:20-50 1:50-100", "70 30"},
      {"calls in a row",
       {At(1, 0, 0, 100), At(2, 1, 10, 30), At(3, 1, 40, 90)},
       "1:0-10 2:10-30 1:30-40 3:40-90 1:90-100",
       "30 20 50"},
      {"calls side by side: the last to end counts",
       {At(1, 0, 0, 100), At(2, 1, 10, 60), At(3, 1, 20, 90)},
       "1:0-20 3:20-90 1:90-100",
       "20 50 70"},
      {"a call beside two in a row",
       {At(1, 0, 0, 100), At(2, 1, 10, 40), At(3, 1, 50, 95), At(4, 1, 20, 90)},
       "1:0-10 2:10-40 1:40-50 3:50-95 1:95-100",
       "15 30 45 70"},
      {"down two levels",
       {At(1, 0, 0, 100), At(2, 1, 10, 90), At(3, 2, 30, 80)},
       "1:0-10 2:10-30 3:30-80 2:80-90 1:90-100",
       "20 30 50"},
      {"a child that outlives its parent is seen inside it",
       {At(1, 0, 0, 100), At(2, 1, 60, 150), At(3, 2, 90, 140)},
       "1:0-60 2:60-90 3:90-100",
       "60 30 10"},
      {"a child before its parent",
       {At(1, 0, 100, 200), At(2, 1, 50, 120)},
       "2:100-120 1:120-200",
       "80 20"},
      {"a child outside its parent takes nothing",
       {At(1, 0, 0, 100), At(2, 1, 150, 180)},
       "1:0-100",
       "100 30"},
      {"nobody waits for a follow-up",
       {At(1, 0, 0, 100), At(2, 1, 20, 90, true), At(3, 1, 30, 40)},
       "1:0-30 3:30-40 1:40-100",
       "90 70 10"},
      {"a child as long as its parent", {At(1, 0, 0, 100), At(2, 1, 0, 100)}, "2:0-100", "0 100"},
      {"of no duration", {At(1, 0, 5, 5), At(2, 1, 5, 5)}, "", "0 0"},
      {"the root that begins first is the main one",
       {At(1, 0, 50, 100), At(2, 9, 10, 40)},
       "2:10-40",
       "50 30"},
      {"its own parent beside a root", {At(1, 0, 0, 10), At(2, 2, 0, 5)}, "1:0-10", "10 0"},
      {"a repeated id is on its own",
       {At(1, 0, 0, 100), At(2, 1, 10, 20), At(2, 1, 30, 40)},
       "1:0-10 2:10-20 1:20-100",
       "90 10 10"},
  }));
  CAPTURE(c.name);
  CHECK(PathText(c.spans) == c.path);
  if (c.name != "its own parent beside a root") {
    CHECK(SelfText(c.spans) == c.self);
  }
}

TEST_CASE("trace analysis: a trace of circles has no main root", "[query]") {
  const TraceAnalysis analysis({At(1, 2, 0, 10), At(2, 1, 0, 10), At(3, 3, 0, 10)});
  CHECK(analysis.main_root() == SpanTree::kNone);
  CHECK(analysis.SelfTimes().size() == 3);
}

TEST_CASE("trace analysis: a chain of 100,000 spans, and times at the ends of 64 bits", "[query]") {
  std::vector<SpanTimes> chain;
  for (SpanId id = 1; id <= 100'000; ++id) {
    const auto inset = static_cast<std::int64_t>(id);
    chain.push_back(At(id, id - 1, inset, 400'000 - inset));
  }
  const TraceAnalysis analysis(chain);
  const auto path = analysis.CriticalPath(0);
  CHECK(path.size() == 199'999);
  CHECK(path.front().span == 0);
  CHECK(path.back().span == 0);
  CHECK(analysis.SelfTimes()[0] == Nanoseconds(2));

  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const TraceAnalysis huge({{1, 0, kMinTime, Nanoseconds::max()},
                            {2, 1, UnixTime(Nanoseconds(kMax)), Nanoseconds(kMax)},
                            {3, 1, UnixTime(Nanoseconds(0)), Nanoseconds(-5)}});
  CHECK_FALSE(huge.CriticalPath(0).empty());
}

TEST_CASE("span tree: parents, children, orphans, repeated ids", "[query]") {
  const SpanTree tree(std::vector<SpanTree::Node>{{.id = 1},
                                                  {.id = 2, .parent_id = 1},
                                                  {.id = 3, .parent_id = 9},
                                                  {.id = 2, .parent_id = 1},
                                                  {.id = 4, .parent_id = 2},
                                                  {.id = 5, .parent_id = 2, .left_out = true}});
  CHECK(tree.roots() == std::vector<std::size_t>{0, 2});
  CHECK(tree.parent(1) == 0);
  CHECK(tree.is_orphan(2));
  CHECK(tree.is_repeated(3));
  CHECK_FALSE(tree.is_repeated(1));
  REQUIRE(tree.children(1).size() == 1);
  CHECK(tree.children(1)[0] == 4);
  CHECK(tree.children(0).size() == 1);
  CHECK(tree.Find(5) == SpanTree::kNone);
  std::vector<std::size_t> order;
  tree.Walk(0, [&order](std::size_t i) { order.push_back(i); });
  CHECK(order == std::vector<std::size_t>{0, 1, 4});
}

}  // namespace pugmark
