#include "deploy/tracegen/report.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace pugmark::tracegen {
namespace {

Options MakeOptions(const std::string& protocol) {
  Options options;
  options.protocol = protocol;
  REQUIRE(options.Finish());
  return options;
}

}  // namespace

TEST_CASE("report: counts by outcome and by trace", "[tracegen]") {
  Report report(true);
  report.TraceBegun();
  report.TraceBegun();
  report.MessageSent({0, 0, 1}, 300, {Outcome::kAcknowledged, {}});
  report.MessageSent({1}, 100, {Outcome::kRefused, "full"});
  report.MessageSent({0}, 100, {Outcome::kFailed, "gone"});
  const Totals totals = report.totals();
  CHECK(totals.traces == 2);
  CHECK(totals.spans == 5);
  CHECK(totals.acknowledged == 3);
  CHECK(totals.refused == 1);
  CHECK(totals.failed == 1);
  CHECK(totals.messages == 3);
  CHECK(totals.bytes == 500);
  CHECK(totals.first_problem == "full");
  const auto counts = report.trace_counts();
  REQUIRE(counts.size() == 2);
  CHECK(counts[0].sent == 3);
  CHECK(counts[0].acknowledged == 2);
  CHECK(counts[1].sent == 2);
  CHECK(counts[1].acknowledged == 1);
}

TEST_CASE("report: success means acknowledged where the protocol can say so", "[tracegen]") {
  Totals totals;
  totals.spans = 10;
  totals.acknowledged = 10;
  CHECK(Succeeded(totals, Protocol::kGrpc));
  totals.acknowledged = 9;
  CHECK_FALSE(Succeeded(totals, Protocol::kGrpc));
  CHECK_FALSE(Succeeded(totals, Protocol::kHttpThrift));
  totals.acknowledged = 0;
  CHECK(Succeeded(totals, Protocol::kUdpCompact));
  totals.failed = 1;
  CHECK_FALSE(Succeeded(totals, Protocol::kUdpBinary));
}

TEST_CASE("report: the JSON line has every count", "[tracegen]") {
  Report report(false);
  report.TraceBegun();
  report.MessageSent({0, 0}, 300, {Outcome::kRefused, "bad \xff byte"});
  const auto json =
      nlohmann::json::parse(ResultJson(report.totals(), MakeOptions("http-thrift"), Seconds(2)));
  CHECK(json["target"] == "localhost:14268");
  CHECK(json["traces"] == 1);
  CHECK(json["spans_sent"] == 2);
  CHECK(json["spans_refused"] == 2);
  CHECK(json["spans_acknowledged"] == 0);
  CHECK(json["spans_per_second"] == 1.0);
}

TEST_CASE("options: bad values are refused by name", "[tracegen]") {
  Options options;
  std::string name;
  SECTION("protocol") {
    options.protocol = "carrier-pigeon";
    name = "--protocol";
  }
  SECTION("batch") {
    options.batch = 0;
    name = "--batch";
  }
  SECTION("depth") {
    options.depth = 1;
    name = "--depth";
  }
  SECTION("rate") {
    options.rate = -1;
    name = "--rate";
  }
  const auto status = options.Finish();
  REQUIRE_FALSE(status);
  CHECK(status.error().code == ErrorCode::kInvalidArgument);
  CHECK(status.error().message.find(name) != std::string::npos);
}

TEST_CASE("options: a run without number and time is the demo", "[tracegen]") {
  Options options = MakeOptions("udp-compact");
  CHECK(options.target.ToString() == "localhost:6831");
  CHECK(options.traces == 100);
  CHECK(options.spread > Nanoseconds(0));
  Options timed;
  timed.duration = std::chrono::seconds(3);
  REQUIRE(timed.Finish());
  CHECK(timed.traces == 0);
  CHECK(timed.spread == Nanoseconds(0));
}

}  // namespace pugmark::tracegen
