// The HTTP API over a fake storage, on a port of its own.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "common/metrics/metrics.h"
#include "common/net/http.h"
#include "fake_storage.h"
#include "query/api/api_v3/routes.h"
#include "query/api/http_front.h"
#include "query/api/http_v1/routes.h"
#include "query/service/query_workers.h"
#include "query/service/trace_service.h"
#include "query/ui/landing_page.h"
#include "query/ui/ui_host.h"

namespace pugmark {

// Always the same time.
class FixedClock : public Clock {
 public:
  static constexpr std::int64_t kNowUs = 2'000'000'000'000'000;
  [[nodiscard]] UnixTime Now() const override { return TimeFromMicros(kNowUs); }
};

class ApiFixture {
 public:
  struct Options {
    std::string prefix{};
    std::chrono::nanoseconds request_timeout{std::chrono::seconds(10)};
    QueryWorkers::Bounds bounds{};
    std::size_t max_trace_spans = 0;
    UiHost* ui = nullptr;  // instead of the landing page
  };

  explicit ApiFixture(FakeStorage& storage) : ApiFixture(storage, Options()) {}
  ApiFixture(FakeStorage& storage, Options options)
      : service_(storage, metrics_,
                 {.storage_kind = "fake", .max_trace_spans = options.max_trace_spans}),
        workers_(options.bounds) {
    HttpRouter router;
    AddHttpV1Routes(router, options.prefix, service_, clock_);
    AddApiV3Routes(router, options.prefix, service_);
    if (options.ui != nullptr) {
      AddUi(router, *options.ui, options.prefix);
    } else {
      AddLandingPage(router, options.prefix);
    }
    front_ = std::make_unique<HttpFront>(
        HttpFrontOptions{options.prefix, options.request_timeout, std::size_t{64} << 20},
        std::move(router), workers_, metrics_);
    HttpServerOptions server;
    server.address = {"127.0.0.1", 0};
    auto started = HttpServer::Start(runtime_, "test", std::move(server),
                                     [this](HttpRequest&& request, HttpReply reply) {
                                       front_->Handle(std::move(request), std::move(reply));
                                     });
    REQUIRE(started.ok());
    server_ = *std::move(started);
  }
  ~ApiFixture() {
    server_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(5));
    workers_.Stop();
  }

  HttpResponse Fetch(std::string_view method, std::string_view target) {
    auto response = HttpFetch(address(), method, target, "", {}, std::chrono::seconds(20));
    CAPTURE(target);
    REQUIRE(response.ok());
    return *std::move(response);
  }
  HttpResponse Get(std::string_view target) { return Fetch("GET", target); }

  [[nodiscard]] HostPort address() const { return {"127.0.0.1", server_->port()}; }
  [[nodiscard]] Metrics& metrics() { return metrics_; }
  [[nodiscard]] QueryWorkers& workers() { return workers_; }

 private:
  IoRuntime runtime_{2};
  Metrics metrics_;
  FixedClock clock_;
  TraceService service_;
  QueryWorkers workers_;
  std::unique_ptr<HttpFront> front_;
  std::unique_ptr<HttpServer> server_;
};

// The first header of that name, "" without one.
inline std::string HeaderOf(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

}  // namespace pugmark
