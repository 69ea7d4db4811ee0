#include "query/api/http_front.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "api_fixture.h"

namespace pugmark {
namespace {

using namespace std::chrono_literals;

// Makes reads wait until it is opened or the request is stopped.
class ReadGate {
 public:
  void Attach(FakeStorage& storage) {
    storage.on_read = [this](const RequestContext& context) {
      ++entered_;
      while (!open_ && !context.Expired()) {
        std::this_thread::sleep_for(1ms);
      }
      stopped_ += context.Expired() ? 1 : 0;
    };
  }
  void WaitUntilEntered(int count) const {
    for (int i = 0; i < 10'000 && entered_ < count; ++i) {
      std::this_thread::sleep_for(1ms);
    }
    REQUIRE(entered_ >= count);
  }
  void Open() { open_ = true; }
  [[nodiscard]] int stopped() const { return stopped_; }

 private:
  std::atomic<int> entered_{0};
  std::atomic<int> stopped_{0};
  std::atomic<bool> open_{false};
};

std::future<Result<HttpResponse>> FetchLater(const HostPort& address, std::string target,
                                             std::chrono::milliseconds timeout = 20s) {
  return std::async(std::launch::async, [address, target = std::move(target), timeout] {
    return HttpFetch(address, "GET", target, "", {}, timeout);
  });
}

}  // namespace

TEST_CASE("http front: paths and methods that there are not", "[query]") {
  FakeStorage storage;
  ApiFixture api(storage);
  for (const std::string_view target :
       {"/api", "/api/", "/api/unknown", "/api/traces/", "/api/traces/1/x", "/api/%2e%2e/traces",
        "/api/services/"}) {
    CAPTURE(target);
    const HttpResponse response = api.Get(target);
    CHECK(response.status == 404);
    CHECK(response.content_type == "application/json");
    CHECK(nlohmann::json::parse(response.body)["errors"][0]["code"] == 404);
  }
  for (const std::string_view target : {"/api/v3/nothing", "/nothing", "/../etc/passwd", "/apix"}) {
    CAPTURE(target);
    const HttpResponse response = api.Get(target);
    CHECK(response.status == 404);
    CHECK(response.body == "404 page not found\n");
  }
  for (const std::string_view method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const HttpResponse response = api.Fetch(method, "/api/services");
    CHECK(response.status == 405);
    CHECK(response.body.empty());
    CHECK(HeaderOf(response, "Allow") == "GET");
  }
}

TEST_CASE("http front: everything lies below the base path", "[query]") {
  FakeStorage storage;
  ApiFixture api(storage, {.prefix = "/jaeger/ui", .bounds = {}});
  CHECK(api.Get("/jaeger/ui/api/services").status == 200);
  CHECK(api.Get("/jaeger/ui/").status == 200);
  CHECK(api.Get("/jaeger/ui/api/x").content_type == "application/json");
  CHECK(api.Get("/api/services").status == 404);
  CHECK(api.Get("/").status == 404);
  const HttpResponse redirect = api.Get("/jaeger/ui");
  CHECK(redirect.status == 302);
  CHECK(HeaderOf(redirect, "Location") == "ui/");
}

TEST_CASE("http front: the landing page runs no script and is framed by nobody", "[query]") {
  FakeStorage storage;
  ApiFixture api(storage);
  const HttpResponse page = api.Get("/");
  CHECK(page.status == 200);
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK_THAT(page.body, Catch::Contains("Pugmark") && Catch::Contains("href=\"api/services"));
  CHECK_THAT(page.body, !Catch::Contains("<script") && !Catch::Contains("style="));
  CHECK_THAT(HeaderOf(page, "Content-Security-Policy"),
             Catch::Contains("default-src 'none'") && Catch::Contains("frame-ancestors 'none'"));
  CHECK(HeaderOf(page, "X-Content-Type-Options") == "nosniff");
  CHECK(HeaderOf(page, "Referrer-Policy") == "no-referrer");
  CHECK(api.Get("/pugmark.css").content_type == "text/css; charset=utf-8");
}

TEST_CASE("http front: beyond the bounds requests get 503 and are asked to come again", "[query]") {
  FakeStorage storage;
  ReadGate gate;
  gate.Attach(storage);
  ApiFixture api(storage, {.bounds = {.threads = 1, .max_waiting = 1}});
  auto running = FetchLater(api.address(), "/api/services");
  gate.WaitUntilEntered(1);
  auto waiting = FetchLater(api.address(), "/api/services");
  for (int i = 0; i < 10'000 && api.workers().waiting() == 0; ++i) {
    std::this_thread::sleep_for(1ms);
  }
  const HttpResponse refused = api.Get("/api/services");
  CHECK(refused.status == 503);
  CHECK(HeaderOf(refused, "Retry-After") == "1");
  CHECK(nlohmann::json::parse(refused.body)["errors"][0]["code"] == 503);
  CHECK(api.Get("/").status == 200);  // needs no worker
  gate.Open();
  CHECK(running.get()->status == 200);
  CHECK(waiting.get()->status == 200);
}

TEST_CASE("http front: a request beyond its time gets 504", "[query]") {
  FakeStorage storage;
  ReadGate gate;
  gate.Attach(storage);
  ApiFixture api(storage, {.request_timeout = 10ms, .bounds = {}});
  for (const std::string_view target :
       {"/api/services", "/api/traces/1", "/api/traces?service=a"}) {
    CAPTURE(target);
    const HttpResponse response = api.Get(target);
    CHECK(response.status == 504);
    CHECK_THAT(response.body, Catch::Contains("time limit"));
  }
}

TEST_CASE("http front: a client that leaves ends the work for it", "[query]") {
  FakeStorage storage;
  ReadGate gate;
  gate.Attach(storage);
  ApiFixture api(storage);
  auto impatient = FetchLater(api.address(), "/api/services", 50ms);
  gate.WaitUntilEntered(1);
  CHECK_FALSE(impatient.get().ok());
  for (int i = 0; i < 10'000 && gate.stopped() == 0; ++i) {
    std::this_thread::sleep_for(1ms);
  }
  CHECK(gate.stopped() == 1);
}

TEST_CASE("http front: answers end with their requests closed and counted", "[query]") {
  FakeStorage storage;
  storage.traces = {{TestSpan{}}};
  ApiFixture api(storage);
  CHECK(api.Get("/api/traces/1").status == 200);
  CHECK(api.Get("/api/traces/2").status == 404);
  CHECK(api.Get("/api/nothing").status == 404);
  for (int i = 0; i < 10'000 && api.workers().open() != 0; ++i) {
    std::this_thread::sleep_for(1ms);
  }
  CHECK(api.workers().open() == 0);
  const std::string text = api.metrics().Serialize();
  CHECK_THAT(text, Catch::Contains("http_server_request_duration_seconds_count{"
                                   "http_request_method=\"GET\",http_response_status_code=\"404\","
                                   "http_route=\"/api/traces/{id}\"} 1"));
  CHECK_THAT(text, Catch::Contains("http_response_status_code=\"200\","
                                   "http_route=\"/api/traces/{id}\"} 1"));
  CHECK_THAT(text, Catch::Contains("http_route=\"unmatched\"} 1"));
}

}  // namespace pugmark
