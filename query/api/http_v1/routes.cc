#include "query/api/http_v1/routes.h"

#include <map>
#include <memory>
#include <utility>

#include "proto/codec/json_text.h"
#include "query/api/http_v1/metrics_api.h"
#include "query/api/http_v1/search_parameters.h"
#include "query/api/http_v1/trace_answer.h"
#include "query/api/json_reply.h"

namespace pugmark {
namespace {

// Names as JSON texts; Jaeger shows an empty list of names as null.
std::string NameList(const std::vector<std::string>& names) {
  if (names.empty()) {
    return "null";
  }
  std::string json;
  for (const std::string& name : names) {
    json += json.empty() ? '[' : ',';
    AppendGoJsonString(json, name);
  }
  return json + "]";
}

class HttpV1 {
 public:
  HttpV1(TraceService& service, const Clock& clock) : service_(service), clock_(clock) {}

  void Search(ApiCall&& call) {
    auto search = ParseSearchParameters(call.parameters(), clock_.Now(),
                                        service_.capabilities().without_service);
    if (!search.ok()) {
      return std::move(call).Send(JaegerErrorResponse(400, search.error().message));
    }
    if (!search->trace_ids.empty()) {
      std::vector<TraceLookup> lookups;
      for (const TraceId id : search->trace_ids) {
        lookups.push_back({id, search->query.start});
      }
      auto source = service_.GetTraces(call.context(), std::move(lookups));
      return SendTraces(std::move(call), std::move(source), search->raw, false);
    }
    auto source = service_.FindTraces(call.context(), search->query);
    if (!source.ok()) {
      HttpResponse failed = StorageErrorResponse(source.error(), call.timed_out());
      return std::move(call).Send(std::move(failed));
    }
    SendTraces(std::move(call), *std::move(source), search->raw, false);
  }

  void GetTrace(ApiCall&& call) {
    const auto lookup = ParseLookupParameters(call.parameters(), call.captured(0));
    if (!lookup.ok()) {
      return std::move(call).Send(JaegerErrorResponse(400, lookup.error().message));
    }
    auto source = service_.GetTraces(call.context(), {lookup->lookup});
    SendTraces(std::move(call), std::move(source), lookup->raw, true);
  }

  void Services(ApiCall&& call) {
    const auto services = service_.GetServices(call.context());
    if (!services.ok()) {
      HttpResponse failed = StorageErrorResponse(services.error(), call.timed_out());
      return std::move(call).Send(std::move(failed));
    }
    SendData(std::move(call), NameList(services->items), services->items.size());
  }

  void Operations(ApiCall&& call) {
    const std::string service(call.parameters().Get("service"));
    if (service.empty()) {
      return std::move(call).Send(JaegerErrorResponse(400, "parameter 'service' is required"));
    }
    const std::string_view kind_name = call.parameters().Get("spanKind");
    const SpanKind kind = SpanKindFromName(kind_name);
    if (SpanKindName(kind) != kind_name) {
      return SendData(std::move(call), "[]", 0);  // a kind that no span has: letter case counts
    }
    const auto operations = service_.GetOperations(
        call.context(), service, kind_name.empty() ? std::nullopt : std::optional(kind));
    if (!operations.ok()) {
      HttpResponse failed = StorageErrorResponse(operations.error(), call.timed_out());
      return std::move(call).Send(std::move(failed));
    }
    std::string json = "[";
    for (const Operation& operation : operations->items) {
      json += json.size() == 1 ? "{\"name\":" : ",{\"name\":";
      AppendGoJsonString(json, operation.name);
      json += ",\"spanKind\":\"";
      json += SpanKindName(operation.kind);
      json += "\"}";
    }
    SendData(std::move(call), json + "]", operations->items.size());
  }

  void ServiceOperations(ApiCall&& call) {
    const auto service = UrlDecode(call.captured(0), true);
    const auto operations =
        service_.GetOperations(call.context(), service.ok() ? *service : "", std::nullopt);
    if (!operations.ok()) {
      HttpResponse failed = StorageErrorResponse(operations.error(), call.timed_out());
      return std::move(call).Send(std::move(failed));
    }
    std::vector<std::string> names;
    for (const Operation& operation : operations->items) {  // sorted: equal names are neighbours
      if (names.empty() || names.back() != operation.name) {
        names.push_back(operation.name);
      }
    }
    SendData(std::move(call), NameList(names), names.size());
  }

  void Dependencies(ApiCall&& call) {
    const auto window = ParseDependencyWindow(call.parameters(), clock_.Now());
    if (!window.ok()) {
      return std::move(call).Send(JaegerErrorResponse(400, window.error().message));
    }
    const auto links = service_.GetDependencies(call.context(), *window);
    if (!links.ok()) {
      HttpResponse failed = StorageErrorResponse(links.error(), call.timed_out());
      return std::move(call).Send(std::move(failed));
    }
    const std::string_view service = call.parameters().Get("service");
    std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> calls;
    for (const DependencyLink& link : *links) {
      if (service.empty() || link.parent == service || link.child == service) {
        calls[{link.parent, link.child}] += link.call_count;
      }
    }
    std::string json = "[";
    for (const auto& [link, count] : calls) {
      json += json.size() == 1 ? "{\"parent\":" : ",{\"parent\":";
      AppendGoJsonString(json, link.first);
      json += ",\"child\":";
      AppendGoJsonString(json, link.second);
      json += ",\"callCount\":" + std::to_string(count) + "}";
    }
    SendData(std::move(call), json + "]", 0);
  }

  void GetMetrics(ApiCall&& call, MetricsKind kind) {
    const auto parameters = ParseMetricsParameters(kind, call.parameters(), clock_.Now());
    if (!parameters.ok()) {
      return std::move(call).Send(JaegerErrorResponse(400, parameters.error().message));
    }
    const auto series = service_.GetMetrics(call.context(), parameters->query);
    if (!series.ok()) {
      HttpResponse failed = StorageErrorResponse(series.error(), call.timed_out());
      return std::move(call).Send(std::move(failed));
    }
    HttpResponse response = JsonResponse(MetricFamilyJson(*parameters, *series), call.parameters());
    std::move(call).Send(std::move(response));
  }
  void Latencies(ApiCall&& call) { GetMetrics(std::move(call), MetricsKind::kLatencies); }
  void Calls(ApiCall&& call) { GetMetrics(std::move(call), MetricsKind::kCalls); }
  void Errors(ApiCall&& call) { GetMetrics(std::move(call), MetricsKind::kErrors); }

  void MinStep(ApiCall&& call) {
    if (!service_.has_metrics()) {
      return std::move(call).Send(JaegerErrorResponse(501, TraceService::kNoMetrics));
    }
    SendData(std::move(call), "1", 0);  // milliseconds
  }

  void Archive(ApiCall&& call) {
    const auto lookup = ParseLookupParameters(call.parameters(), call.captured(0));
    if (!lookup.ok()) {
      return std::move(call).Send(JaegerErrorResponse(400, lookup.error().message));
    }
    if (call.request().Header("Sec-Fetch-Site") == "cross-site") {
      return std::move(call).Send(JaegerErrorResponse(403, "asked for by a page of another site"));
    }
    const Status archived = service_.Archive(call.context(), lookup->lookup);
    if (!archived.ok()) {
      HttpResponse failed =
          archived.error().code == ErrorCode::kUnimplemented
              ? JaegerErrorResponse(500, archived.error().message)  // as Jaeger does
              : StorageErrorResponse(archived.error(), call.timed_out());
      return std::move(call).Send(std::move(failed));
    }
    HttpResponse response = JsonResponse(
        R"({"data":[],"total":0,"limit":0,"offset":0,"errors":[]})", call.parameters());
    std::move(call).Send(std::move(response));
  }

 private:
  // Answers with the traces of `source` as they come, adjusted unless `raw`. Without a single one:
  // `none_is_404` says what that means.
  void SendTraces(ApiCall&& call, std::unique_ptr<TraceSource> source, bool raw, bool none_is_404) {
    if (!raw) {
      source = service_.Adjust(std::move(source), call.context(), AdjustDialect::kJaeger);
    }
    auto answer = std::make_shared<TraceAnswer>(
        std::move(source), WantsPrettyJson(call.parameters()), call.context().byte_budget);
    const auto found = answer->Begin();
    if (!found.ok()) {
      HttpResponse failed = StorageErrorResponse(found.error(), call.timed_out());
      return std::move(call).Send(std::move(failed));
    }
    if (!*found && none_is_404) {
      return std::move(call).Send(JaegerErrorResponse(404, "trace not found"));
    }
    std::move(call).Stream(JsonResponse("", {}), [answer] { return answer->NextPiece(); });
  }

  static void SendData(ApiCall&& call, const std::string& data, std::size_t total) {
    HttpResponse response = JsonResponse(JaegerEnvelope(data, total), call.parameters());
    std::move(call).Send(std::move(response));
  }

  TraceService& service_;
  const Clock& clock_;
};

}  // namespace

void AddHttpV1Routes(HttpRouter& router, const std::string& prefix, TraceService& service,
                     const Clock& clock) {
  const auto api = std::make_shared<HttpV1>(service, clock);
  const auto add = [&](const char* pattern, void (HttpV1::*handle)(ApiCall &&),
                       const char* method = "GET") {
    router.Add({method, prefix + pattern, RunOn::kWorker,
                [api, handle](ApiCall&& call) { (api.get()->*handle)(std::move(call)); }});
  };
  add("/api/traces", &HttpV1::Search);
  add("/api/traces/{id}", &HttpV1::GetTrace);
  add("/api/services", &HttpV1::Services);
  add("/api/services/{service}/operations", &HttpV1::ServiceOperations);
  add("/api/operations", &HttpV1::Operations);
  add("/api/dependencies", &HttpV1::Dependencies);
  add("/api/archive/{id}", &HttpV1::Archive, "POST");
  add("/api/metrics/latencies", &HttpV1::Latencies);
  add("/api/metrics/calls", &HttpV1::Calls);
  add("/api/metrics/errors", &HttpV1::Errors);
  add("/api/metrics/minstep", &HttpV1::MinStep);
}

}  // namespace pugmark
