// The archive, and what adaptive sampling keeps.
#include <catch2/catch.hpp>

#include "tests/conformance/backend.h"
#include "tests/support/storage_access.h"

namespace pugmark::testing {
namespace {

using std::chrono::seconds;

TEST_CASE("storage: an archived trace is found in the archive", "[archive]") {
  TestStore store(EachBackend());
  if (!store.can().archive) {
    CHECK(store->archive_writer() == nullptr);
    CHECK(store->archive_reader() == nullptr);
    return;
  }
  REQUIRE(store->archive_writer() != nullptr);
  REQUIRE(store->archive_reader() != nullptr);
  std::vector<TestSpan> spans;
  for (std::uint64_t i = 1; i <= 3000; ++i) {
    spans.push_back({.span_id = i, .attributes = {{"text", std::string(500, 'x')}}});
  }
  MustWrite(*store, spans);
  MustWrite(*store, {{.trace_id = {0, 2}}});
  const auto archive = [&] {
    auto stream = store.reader().GetTraces({}, {{{0, 1}, {}}});
    REQUIRE(stream.ok());
    return store->archive_writer()->Archive({}, *std::move(stream));
  };
  REQUIRE(archive().ok());
  REQUIRE(archive().ok());
  const auto expected = MakeBatch(spans);
  TraceReader& reader = *store->archive_reader();
  CHECK(SameSpans(MustReadTrace(reader, {0, 1}).spans, PointersTo(expected->spans())));
  CHECK(MustReadTrace(reader, {0, 2}).spans.empty());
  CHECK(MustReadTrace(reader, {0, 1}, {.tenant = "other"}).spans.empty());
  // Searches do not see it twice.
  CHECK(MustReadAll(store.reader().FindTraces({}, {.service = "service"})).size() == 2);
}

TEST_CASE("storage: an archive call whose request is over stores nothing", "[archive]") {
  TestStore store(EachBackend());
  if (!store.can().archive) {
    return;
  }
  MustWrite(*store, {{}});
  std::stop_source source;
  auto stream = store.reader().GetTraces({.stop = source.get_token()}, {{{0, 1}, {}}});
  REQUIRE(stream.ok());
  source.request_stop();
  CHECK_FALSE(
      store->archive_writer()->Archive({.stop = source.get_token()}, *std::move(stream)).ok());
  CHECK(MustReadTrace(*store->archive_reader(), {0, 1}).spans.empty());
}

TEST_CASE("sampling store: throughput of a window", "[sampling]") {
  TestStore store(EachBackend());
  SamplingStore* const sampling = store->sampling_store();
  if (sampling == nullptr) {
    return;
  }
  const auto at = [](int second) { return kTestTime + seconds(second); };
  REQUIRE(sampling->InsertThroughput({{"a", "get", 1, {"0.100000"}}}, at(1)).ok());
  REQUIRE(
      sampling->InsertThroughput({{"a", "get", 2, {}}, {"b", "put", 3, {"1.000000"}}}, at(2)).ok());
  const auto counts = [&](UnixTime start, UnixTime end) {
    const auto found = sampling->GetThroughput(start, end);
    REQUIRE(found.ok());
    std::int64_t sum = 0;
    for (const Throughput& each : *found) {
      sum += each.count;
    }
    return sum;
  };
  CHECK(counts(at(0), at(3)) == 6);
  CHECK(counts(at(0), at(1)) == 1);
  CHECK(counts(at(1), at(2)) == 5);
  CHECK(counts(at(2), at(3)) == 0);
  const auto first = sampling->GetThroughput(at(0), at(1));
  REQUIRE(first->size() == 1);
  CHECK(first->front().service == "a");
  CHECK(first->front().operation == "get");
  CHECK(first->front().probabilities == std::set<std::string>{"0.100000"});
}

TEST_CASE("sampling store: the latest probabilities", "[sampling]") {
  TestStore store(EachBackend());
  SamplingStore* const sampling = store->sampling_store();
  if (sampling == nullptr) {
    return;
  }
  CHECK_FALSE(sampling->GetLatestProbabilities()->has_value());
  const OperationFigures older{{"a", {{"get", 0.5}}}};
  const OperationFigures newer{{"a", {{"get", 0.25}}}, {"b", {{"put", 1.0}}}};
  REQUIRE(sampling->InsertProbabilities("host", newer, {}, kTestTime + seconds(2)).ok());
  REQUIRE(sampling->InsertProbabilities("host", older, {}, kTestTime + seconds(1)).ok());
  CHECK(*sampling->GetLatestProbabilities() == newer);
}

TEST_CASE("sampling store: one owner holds a lease", "[sampling]") {
  TestStore store(EachBackend());
  SamplingStore* const sampling = store->sampling_store();
  if (sampling == nullptr) {
    return;
  }
  if (!store.can().sampling_lease) {
    CHECK(IsUnimplemented(sampling->AcquireLease("leader", "a", seconds(60))));
    return;
  }
  CHECK(*sampling->AcquireLease("leader", "a", seconds(60)));
  CHECK(*sampling->AcquireLease("leader", "a", seconds(60)));
  CHECK_FALSE(*sampling->AcquireLease("leader", "b", seconds(60)));
  CHECK(*sampling->AcquireLease("another", "b", seconds(60)));
  REQUIRE(sampling->ReleaseLease("leader", "b").ok());  // not its own
  CHECK_FALSE(*sampling->AcquireLease("leader", "b", seconds(60)));
  REQUIRE(sampling->ReleaseLease("leader", "a").ok());
  CHECK(*sampling->AcquireLease("leader", "b", seconds(60)));
}

TEST_CASE("sampling store: a lease that ran out is free", "[sampling]") {
  TestStore store(EachBackend());
  SamplingStore* const sampling = store->sampling_store();
  if (sampling == nullptr || !store.can().sampling_lease) {
    return;
  }
  CHECK(*sampling->AcquireLease("leader", "a", seconds(0)));
  CHECK(*sampling->AcquireLease("leader", "b", seconds(60)));
}

}  // namespace
}  // namespace pugmark::testing
