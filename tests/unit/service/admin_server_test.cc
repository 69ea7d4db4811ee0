#include "common/service/admin_server.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "common/log/log.h"

using namespace pugmark;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  Metrics metrics;
  IoRuntime runtime{1};
  std::unique_ptr<AdminServer> admin;

  Fixture() {
    REQUIRE(SetUpLogging({"fatal", "json"}).ok());
    auto started = AdminServer::Start(runtime, {HostPort{"127.0.0.1", 0}}, metrics);
    REQUIRE(started.ok());
    admin = *std::move(started);
  }
  [[nodiscard]] HttpResponse Call(const std::string& target, const std::string& method = "GET",
                                  const std::string& body = "") const {
    auto response = HttpFetch({"127.0.0.1", admin->port()}, method, target, body, {}, 20s);
    REQUIRE(response.ok());
    return *std::move(response);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "admin server: pages over HTTP", "[service]") {
  CHECK(Call("/").status == 503);
  admin->SetReady(true);
  CHECK(Call("/").status == 200);
  CHECK(Call("/some/path?x=y").status == 200);
  CHECK(Call("/", "POST", "body").status == 200);  // the method does not matter
  CHECK(Call("/", "DELETE").status == 200);
  CHECK(Call("/livez").status == 200);
  CHECK(Call("/readyz?verbose").body == "[+]started ok\nreadyz check passed\n");
  CHECK(Call("/version").content_type == "application/json");
  CHECK(nlohmann::json::accept(Call("/debug/vars").body));
  CHECK(Call("/metrics").status == 200);
}

TEST_CASE_METHOD(Fixture, "admin server: the process is alive while a check hangs", "[service]") {
  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false;
  bool go_on = false;
  admin->AddReadinessCheck("store", [&] {
    std::unique_lock lock(mutex);
    asked = true;
    changed.notify_all();
    changed.wait(lock, [&] { return go_on; });
    return Status();
  });
  admin->SetReady(true);
  const HostPort address{"127.0.0.1", admin->port()};
  int status = 0;
  std::jthread client([&] {
    const auto response = HttpFetch(address, "GET", "/", "", {}, 20s);
    status = response.ok() ? response->status : -1;
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return asked; });
  }
  CHECK(Call("/livez").status == 200);
  CHECK(Call("/version").status == 200);
  {
    const std::lock_guard lock(mutex);
    go_on = true;
  }
  changed.notify_all();
  client.join();
  CHECK(status == 200);
}

TEST_CASE_METHOD(Fixture, "admin server: many clients at once", "[service]") {
  admin->SetReady(true);
  const HostPort address{"127.0.0.1", admin->port()};
  std::atomic<int> answered{0};
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&] {
        for (int j = 0; j < 20; ++j) {
          const auto response = HttpFetch(address, "GET", "/metrics", "", {}, 20s);
          answered += response.ok() && response->status == 200 ? 1 : 0;
        }
      });
    }
  }
  CHECK(answered == 160);
}

TEST_CASE_METHOD(Fixture, "admin server: a taken port is named", "[service]") {
  const auto second = AdminServer::Start(runtime, {HostPort{"127.0.0.1", admin->port()}}, metrics);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == ErrorCode::kUnavailable);
  CHECK_THAT(second.error().message, Catch::Contains(std::to_string(admin->port())) &&
                                         Catch::Contains("--admin.http.host-port"));
}

TEST_CASE_METHOD(Fixture, "admin server: stopping twice is once", "[service]") {
  const HostPort address{"127.0.0.1", admin->port()};
  admin->Stop(std::chrono::steady_clock::now() + 5s);
  admin->Stop(std::chrono::steady_clock::now() + 5s);
  CHECK_FALSE(HttpFetch(address, "GET", "/livez", "", {}, 5s).ok());
}
