// Serves an official Jaeger UI of any release from a folder (--query.static-files): its index.html
// filled in for every page, its files below /static.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "common/base/result.h"
#include "query/api/http_router.h"
#include "query/ui/index_page.h"
#include "query/ui/static_files.h"

namespace pugmark {

struct UiHostOptions {
  std::string folder;       // holds index.html and static/
  std::string config_path;  // of the ui-config; "" for none
  std::string prefix;       // the base path, "" for "/"
  std::string version_json;
  bool log_access = false;
};

// Thread safety: Serve may be called concurrently. It reads files: call it from workers.
class UiHost {
 public:
  using SteadyClock = std::chrono::steady_clock;

  // A ui-config that was changed is read again after this time; a broken one leaves the old in use.
  static constexpr std::chrono::seconds kConfigLifetime{10};

  // kInvalidArgument for a folder without index.html, or a broken ui-config.
  static Result<std::unique_ptr<UiHost>> Open(UiHostOptions options,
                                              std::function<UiCapabilities()> capabilities);

  // Any path below the prefix that is not the API's.
  HttpResponse Serve(const HttpRequest& request, SteadyClock::time_point now);

 private:
  UiHost(UiHostOptions options, std::function<UiCapabilities()> capabilities, std::string page,
         StaticFiles files, UiConfig config);

  HttpResponse ServeIndex(const HttpRequest& request, SteadyClock::time_point now);
  HttpResponse ServeFile(const HttpRequest& request, const std::string& name) const;
  UiConfig CurrentConfig(SteadyClock::time_point now);

  const UiHostOptions options_;
  const std::function<UiCapabilities()> capabilities_;
  const std::string page_;
  const StaticFiles files_;
  std::mutex mutex_;
  UiConfig config_;
  SteadyClock::time_point config_read_at_;
};

// Sends whatever no route takes to the UI. `host` outlives the router.
void AddUi(HttpRouter& router, UiHost& host, const std::string& prefix);

}  // namespace pugmark
