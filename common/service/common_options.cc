#include "common/service/common_options.h"

#include "common/base/go_number.h"

namespace pugmark {

void CommonOptions::Register(OptionSet& options) {
  options.Add("log-level", log.level,
              "least level that is logged: debug, info, warn, error, fatal");
  options.Add("log-encoding", log.encoding, "json, console, or auto: console on a terminal");
  options.Add("metrics-backend", metrics_backend, "prometheus or none");
  options.Add("metrics-http-route", metrics_route, "path of the metrics on the admin port");
  options.Add("admin.http.host-port", admin_address,
              "address of the admin port: health, metrics, version, debug variables");
}

Status CommonOptions::Validate() const {
  // Jaeger's expvar is taken, so that a deployment that names it starts.
  if (metrics_backend != "prometheus" && metrics_backend != "none" && metrics_backend != "expvar") {
    return InvalidArgument("metrics-backend: want prometheus or none, got " +
                           GoQuote(metrics_backend));
  }
  if (!metrics_route.starts_with('/')) {
    return InvalidArgument("metrics-http-route: want a path that begins with /, got " +
                           GoQuote(metrics_route));
  }
  return {};
}

}  // namespace pugmark
