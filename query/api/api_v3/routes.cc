#include "query/api/api_v3/routes.h"

#include <memory>
#include <optional>
#include <utility>

#include "query/api/api_v3/json.h"
#include "query/api/api_v3/parameters.h"

namespace pugmark {
namespace {

class ApiV3 {
 public:
  explicit ApiV3(TraceService& service) : service_(service) {}

  void Services(ApiCall&& call) {
    const auto services = service_.GetServices(call.context());
    if (!services.ok()) {
      return SendError(std::move(call), services.error());
    }
    std::move(call).Send(V3JsonResponse(V3ServicesJson(services->items)));
  }

  void Operations(ApiCall&& call) {
    const std::string service(call.parameters().Get("service"));
    std::string_view kind_name = call.parameters().Get("spanKind");
    if (kind_name.empty()) {
      kind_name = call.parameters().Get("span_kind");
    }
    const SpanKind kind = SpanKindFromName(kind_name);
    if (SpanKindName(kind) != kind_name) {
      return std::move(call).Send(V3JsonResponse(V3OperationsJson({})));
    }
    const auto operations = service_.GetOperations(
        call.context(), service, kind_name.empty() ? std::nullopt : std::optional(kind));
    if (!operations.ok()) {
      return SendError(std::move(call), operations.error());
    }
    std::move(call).Send(V3JsonResponse(V3OperationsJson(operations->items)));
  }

  void Summaries(ApiCall&& call) {
    const auto search = ParseV3Search(call.parameters());
    if (!search.ok()) {
      return std::move(call).Send(V3ErrorResponse(400, search.error().message));
    }
    const auto page = service_.FindTraceSummaries(call.context(), search->query);
    if (!page.ok()) {
      return SendError(std::move(call), page.error());
    }
    std::move(call).Send(V3JsonResponse(V3SummariesJson(page->items)));
  }

 private:
  static void SendError(ApiCall&& call, const Error& error) {
    HttpResponse response = V3StorageErrorResponse(error, call.timed_out());
    std::move(call).Send(std::move(response));
  }

  TraceService& service_;
};

}  // namespace

void AddApiV3Routes(HttpRouter& router, const std::string& prefix, TraceService& service) {
  const auto api = std::make_shared<ApiV3>(service);
  const auto add = [&](const char* pattern, void (ApiV3::*handle)(ApiCall &&)) {
    router.Add({"GET", prefix + pattern, RunOn::kWorker,
                [api, handle](ApiCall&& call) { (api.get()->*handle)(std::move(call)); }});
  };
  add("/api/v3/services", &ApiV3::Services);
  add("/api/v3/operations", &ApiV3::Operations);
  add("/api/v3/trace-summaries", &ApiV3::Summaries);
}

}  // namespace pugmark
