#include "common/service/admin_pages.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/go_duration.h"
#include "common/log/log.h"
#include "common/service/daemon.h"

namespace pugmark {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kPrometheusText = "text/plain; version=0.0.4; charset=utf-8";

HttpResponse Page(int status, std::string_view type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = type;
  response.body = std::move(body);
  return response;
}

std::string JsonString(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string FormatRfc3339(UnixTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t whole = seconds.time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  char text[64];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string formatted(text, length);
  std::string fraction = std::to_string(1'000'000'000 + (time - seconds).count()).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (!fraction.empty()) {
    formatted += '.';
    formatted += fraction;
  }
  return formatted + 'Z';
}

void AdminPages::SetReady(bool ready) {
  {
    const std::lock_guard lock(mutex_);
    if (ready_ == ready) {
      return;
    }
    ready_ = ready;
    up_since_ = clock_.Now();
  }
  Log(LogLevel::kInfo, "Health Check state change", {{"status", ready ? "ready" : "unavailable"}});
}

void AdminPages::AddReadinessCheck(std::string name, std::function<Status()> check) {
  const std::lock_guard lock(mutex_);
  checks_.push_back({std::move(name), std::move(check)});
}

void AdminPages::AddDebugVariable(std::string name, std::function<std::string()> json) {
  const std::lock_guard lock(mutex_);
  variables_[std::move(name)] = std::move(json);
}

bool AdminPages::IsImmediate(std::string_view path) {
  return path == "/livez" || path == "/version";
}

HttpResponse AdminPages::Answer(std::string_view path, std::string_view query) {
  if (path == "/livez") {
    return Page(200, kText, "ok\n");
  }
  if (path == "/version") {
    return Page(200, kJson, VersionJson());
  }
  if (path == "/readyz") {
    return Readiness(query == "verbose" || query.starts_with("verbose="));
  }
  if (path == "/debug/vars") {
    return DebugVariables();
  }
  if (!metrics_route_.empty() && path == metrics_route_) {
    return Page(200, kPrometheusText, metrics_.Serialize());
  }
  return Health();
}

std::vector<std::pair<std::string, Status>> AdminPages::RunChecks() {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, Status>> results;
  results.emplace_back("started",
                       ready_ ? Status() : Unavailable("the process starts or shuts down"));
  if (ready_) {
    for (const Check& check : checks_) {
      results.emplace_back(check.name, check.run());
    }
  }
  return results;
}

HttpResponse AdminPages::Health() {
  const auto results = RunChecks();
  const bool healthy = std::all_of(results.begin(), results.end(),
                                   [](const auto& result) { return result.second.ok(); });
  if (!healthy) {
    return Page(
        503, kJson,
        R"({"status":"Server not available","upSince":"0001-01-01T00:00:00Z","uptime":""})");
  }
  UnixTime up_since;
  {
    const std::lock_guard lock(mutex_);
    up_since = up_since_;
  }
  const Nanoseconds uptime = std::max(clock_.Now() - up_since, Nanoseconds::zero());
  return Page(200, kJson,
              R"({"status":"Server available","upSince":")" + FormatRfc3339(up_since) +
                  R"(","uptime":")" + FormatGoDuration(uptime) + "\"}");
}

HttpResponse AdminPages::Readiness(bool verbose) {
  std::string lines;
  bool ready = true;
  for (const auto& [name, status] : RunChecks()) {
    ready = ready && status.ok();
    if (verbose || !status.ok()) {
      lines += status.ok() ? "[+]" + name + " ok\n"
                           : "[-]" + name + " failed: " + status.error().message + "\n";
    }
  }
  lines += ready ? (verbose ? "readyz check passed\n" : "ok\n") : "readyz check failed\n";
  return Page(ready ? 200 : 503, kText, std::move(lines));
}

HttpResponse AdminPages::DebugVariables() {
  std::string body = "{\"version\":" + VersionJson();
  const std::lock_guard lock(mutex_);
  if (ready_) {
    for (const auto& [name, json] : variables_) {
      body += ",\n" + JsonString(name) + ":" + json();
    }
  }
  return Page(200, kJson, body + "}\n");
}

}  // namespace pugmark
