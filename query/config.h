// Options of the query service.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/config/option_set.h"
#include "common/net/host_port.h"

namespace pugmark {

struct QueryConfig {
  HostPort http_address{"", 16686};  // query.http-server.host-port
  std::string base_path = "/";       // query.base-path: everything is served below it

  int max_concurrent = 0;         // query.max-concurrent: reads at once; 0: two per core
  std::size_t max_waiting = 100;  // query.max-waiting: requests that wait for their turn
  // query.request-timeout: time that may be spent on one request, waiting for its client apart.
  Nanoseconds request_timeout{std::chrono::seconds(30)};
  // query.max-request-bytes: what one request may hold.
  std::size_t max_request_bytes = std::size_t{256} << 20;

  // query.max-clock-skew-adjustment: 0 tells of skew and moves nothing.
  Nanoseconds max_clock_skew_adjustment{0};
  std::size_t max_trace_size = 0;  // query.max-trace-size: spans; 0: no limit

  std::string static_files;  // query.static-files: folder of a web UI; "" for the page built in
  std::string ui_config;     // query.ui-config
  bool log_static_assets_access = false;  // query.log-static-assets-access

  // Not an option: the `kind` label of the storage metrics, set by whoever chose the storage.
  std::string storage_kind = "rocksdb";

  void RegisterOptions(OptionSet& options);
  [[nodiscard]] Status Validate() const;
  // base_path without a trailing slash: "" for "/".
  [[nodiscard]] std::string PathPrefix() const;
};

}  // namespace pugmark
