#include "query/config.h"

namespace pugmark {

void QueryConfig::RegisterOptions(OptionSet& options) {
  options.Add("query.http-server.host-port", http_address, "Address of the HTTP API and the UI");
  options.Add("query.base-path", base_path,
              "Path that everything is served below, such as /jaeger");
  options.Add("query.max-concurrent", max_concurrent, "Reads that run at once; 0 for two per core");
  options.Add("query.max-waiting", max_waiting,
              "Requests that may wait for their turn; further ones get 503");
  options.Add("query.request-timeout", request_timeout,
              "Time that may be spent on one request, waiting for its client apart");
  options.Add("query.max-request-bytes", max_request_bytes,
              "Bytes that one request may hold in memory");
  options.Add("query.max-clock-skew-adjustment", max_clock_skew_adjustment,
              "Clock skew between hosts that is corrected at most; 0 only warns of it");
  options.Add("query.max-trace-size", max_trace_size,
              "Spans of a trace that are shown at most; 0 for all");
  options.Add(
      "query.static-files", static_files,
      "Folder of a Jaeger UI (index.html and static/) to serve; empty for the page built in");
  options.Add("query.ui-config", ui_config, "Configuration of the UI, a .json or .js file");
  options.Add("query.log-static-assets-access", log_static_assets_access,
              "Log each file of the UI that is asked for");
}

Status QueryConfig::Validate() const {
  if (base_path != "/" &&
      (base_path.empty() || base_path.front() != '/' || base_path.back() == '/')) {
    return InvalidArgument("query.base-path: invalid base path '" + base_path +
                           "'. Must start but not end with a slash '/', e.g. '/jaeger/ui'");
  }
  if (base_path.find_first_of("?#%\"'<>\\ \r\n") != std::string::npos) {
    return InvalidArgument("query.base-path: want plain path segments, got '" + base_path + "'");
  }
  if (max_concurrent < 0 || max_concurrent > 1024) {
    return InvalidArgument("query.max-concurrent: want 0 to 1024, got " +
                           std::to_string(max_concurrent));
  }
  if (request_timeout <= Nanoseconds(0)) {
    return InvalidArgument("query.request-timeout: want more than 0");
  }
  if (max_clock_skew_adjustment < Nanoseconds(0)) {
    return InvalidArgument("query.max-clock-skew-adjustment: want 0 or more");
  }
  if (max_request_bytes < (std::size_t{1} << 20)) {
    return InvalidArgument("query.max-request-bytes: want at least 1048576, got " +
                           std::to_string(max_request_bytes));
  }
  return {};
}

std::string QueryConfig::PathPrefix() const { return base_path == "/" ? "" : base_path; }

}  // namespace pugmark
