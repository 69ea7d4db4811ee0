#include "common/service/admin_pages.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/log/log.h"

using namespace pugmark;
using namespace std::chrono_literals;

namespace {

class FixedClock : public Clock {
 public:
  [[nodiscard]] UnixTime Now() const override { return now; }
  UnixTime now = TimeFromMicros(1'714'521'600'250'000);
};

struct Fixture {
  Metrics metrics;
  FixedClock clock;
  AdminPages pages{"/metrics", metrics, clock};
  Fixture() { REQUIRE(SetUpLogging({"fatal", "json"}).ok()); }
};

constexpr const char* kNotAvailable =
    R"({"status":"Server not available","upSince":"0001-01-01T00:00:00Z","uptime":""})";

}  // namespace

TEST_CASE_METHOD(Fixture, "admin pages: health follows readiness", "[service]") {
  const std::string path = GENERATE("/", "/health", "/livezz", "", "/debug/pprof/");
  CAPTURE(path);
  CHECK(pages.Answer(path, "").status == 503);
  CHECK(pages.Answer(path, "").body == kNotAvailable);
  CHECK(pages.Answer(path, "").content_type == "application/json");
  pages.SetReady(true);
  clock.now += 62'300ms;
  const HttpResponse ready = pages.Answer(path, "x=y");
  CHECK(ready.status == 200);
  CHECK(ready.body ==
        R"({"status":"Server available","upSince":"2024-05-01T00:00:00.25Z","uptime":"1m2.3s"})");
  CHECK(ready.content_type == "application/json");
  pages.SetReady(false);
  CHECK(pages.Answer(path, "").status == 503);
}

TEST_CASE_METHOD(Fixture, "admin pages: being set ready again does not restart the time",
                 "[service]") {
  pages.SetReady(true);
  clock.now += 5s;
  pages.SetReady(true);
  CHECK_THAT(pages.Answer("/", "").body, Catch::Contains(R"("uptime":"5s")"));
}

TEST_CASE_METHOD(Fixture, "admin pages: a failed check takes readiness back", "[service]") {
  bool healthy = false;
  pages.AddReadinessCheck("store", [] { return Status(); });
  pages.AddReadinessCheck(
      "disk", [&healthy] { return healthy ? Status() : Status(Unavailable("no space left")); });
  pages.SetReady(true);
  CHECK(pages.Answer("/", "").body == kNotAvailable);
  CHECK(pages.Answer("/readyz", "").status == 503);
  CHECK(pages.Answer("/readyz", "").body == "[-]disk failed: no space left\nreadyz check failed\n");
  CHECK(pages.Answer("/readyz", "verbose").body ==
        "[+]started ok\n[+]store ok\n[-]disk failed: no space left\nreadyz check failed\n");
  CHECK(pages.Answer("/livez", "").status == 200);
  healthy = true;
  CHECK(pages.Answer("/", "").status == 200);
  CHECK(pages.Answer("/readyz", "").status == 200);
  CHECK(pages.Answer("/readyz", "").body == "ok\n");
  CHECK(pages.Answer("/readyz", "verbose=1").body ==
        "[+]started ok\n[+]store ok\n[+]disk ok\nreadyz check passed\n");
}

TEST_CASE_METHOD(Fixture, "admin pages: checks and variables are asked only while ready",
                 "[service]") {
  int asked = 0;
  pages.AddReadinessCheck("store", [&] {
    ++asked;
    return Status();
  });
  pages.AddDebugVariable("spans", [&] {
    ++asked;
    return std::string("1");
  });
  for (const std::string path : {"/", "/readyz", "/debug/vars"}) {
    (void)pages.Answer(path, "");
  }
  pages.SetReady(true);
  CHECK(asked == 0);
  (void)pages.Answer("/", "");
  (void)pages.Answer("/debug/vars", "");
  CHECK(asked == 2);
  pages.SetReady(false);
  (void)pages.Answer("/", "");
  (void)pages.Answer("/debug/vars", "");
  CHECK(asked == 2);
}

TEST_CASE_METHOD(Fixture, "admin pages: what a check uses may be freed once not ready",
                 "[service]") {
  std::atomic<bool> alive{true};
  std::atomic<bool> used_after_end{false};
  std::atomic<bool> stop{false};
  pages.AddReadinessCheck("store", [&] {
    used_after_end = used_after_end || !alive;
    return Status();
  });
  for (int round = 0; round < 200; ++round) {
    alive = true;
    stop = false;
    pages.SetReady(true);
    std::jthread client([&] {
      while (!stop) {
        (void)pages.Answer("/", "");
      }
    });
    pages.SetReady(false);
    alive = false;
    stop = true;
  }
  CHECK_FALSE(used_after_end);
}

TEST_CASE_METHOD(Fixture, "admin pages: debug variables are one JSON object", "[service]") {
  pages.AddDebugVariable("limits", [] { return R"({"queue":{"limit":2000,"used":1}})"; });
  pages.AddDebugVariable("a \"quoted\"\nname \xff", [] { return "[1,2]"; });
  pages.AddDebugVariable("limits", [] { return R"({"queue":{"limit":2000,"used":2}})"; });
  pages.SetReady(true);
  const HttpResponse response = pages.Answer("/debug/vars", "");
  CHECK(response.content_type == "application/json");
  const auto variables = nlohmann::json::parse(response.body);
  CHECK(variables["limits"]["queue"]["used"] == 2);
  CHECK(variables["version"]["gitCommit"].is_string());
  CHECK(variables.size() == 3);
}

TEST_CASE_METHOD(Fixture, "admin pages: metrics on their route", "[service]") {
  metrics.AddCounter("spans_total", "Spans.").Increment();
  CHECK_THAT(pages.Answer("/metrics", "").body, Catch::Contains("spans_total 1\n"));
  AdminPages moved("/prom", metrics, clock);
  CHECK_THAT(moved.Answer("/prom", "").body, Catch::Contains("spans_total 1\n"));
  CHECK(moved.Answer("/metrics", "").body == kNotAvailable);
  AdminPages none("", metrics, clock);
  CHECK(none.Answer("", "").body == kNotAvailable);
}

TEST_CASE("admin pages: times as Go marshals them", "[service]") {
  CHECK(FormatRfc3339(UnixTime(0s)) == "1970-01-01T00:00:00Z");
  CHECK(FormatRfc3339(UnixTime(1'714'521'600s)) == "2024-05-01T00:00:00Z");
  CHECK(FormatRfc3339(UnixTime(1'714'521'600s + 1ns)) == "2024-05-01T00:00:00.000000001Z");
  CHECK(FormatRfc3339(UnixTime(1'714'521'600s + 120ms)) == "2024-05-01T00:00:00.12Z");
  CHECK(FormatRfc3339(UnixTime(-1ns)) == "1969-12-31T23:59:59.999999999Z");
}
