#include "collector/sampling/sampling_http.h"

#include "collector/receiver/http_answers.h"
#include "common/net/url.h"
#include "proto/codec/sampling_json.h"

namespace pugmark {
namespace {

Metrics::Counter& AddErrors(Metrics& metrics, const char* status, const char* source) {
  return metrics.AddCounter("jaeger_collector_http_server_errors_total",
                            "requests for sampling strategies that failed",
                            {{"status", status}, {"source", source}});
}

}  // namespace

SamplingHttp::SamplingHttp(const StrategyProvider& provider, Metrics& metrics)
    : provider_(provider),
      requests_(metrics.AddCounter("jaeger_collector_http_server_requests_total",
                                   "requests for sampling strategies that were answered",
                                   {{"type", "sampling"}})),
      bad_requests_(AddErrors(metrics, "4xx", "all")) {
  // Dashboards expect these series; here none of their errors can occur.
  for (const char* const source : {"collector-proxy", "thrift", "proto", "write"}) {
    AddErrors(metrics, "5xx", source);
  }
}

HttpResponse SamplingHttp::Answer(const HttpRequest& request) {
  const auto parameters = QueryParameters::Parse(request.query);
  const auto services = parameters.All("service");
  if (services.size() != 1) {
    bad_requests_.Increment();
    return PlainTextAnswer(400, "'service' parameter must be provided once");
  }
  requests_.Increment();
  return {.status = 200,
          .headers = {},
          .content_type = "application/json",
          .body = SamplingStrategyJson(provider_.GetStrategy(services.front()))};
}

}  // namespace pugmark
