#include "query/query.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "common/base/time.h"
#include "query/api/api_v3/routes.h"
#include "query/api/http_front.h"
#include "query/api/http_v1/routes.h"
#include "query/service/query_workers.h"
#include "query/service/trace_service.h"
#include "query/ui/landing_page.h"
#include "query/ui/ui_host.h"

namespace pugmark {
namespace {

constexpr unsigned kWorkersPerCore = 2;

QueryWorkers::Bounds BoundsOf(const QueryConfig& config) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  QueryWorkers::Bounds bounds;
  bounds.threads =
      config.max_concurrent > 0 ? config.max_concurrent : static_cast<int>(kWorkersPerCore * cores);
  bounds.max_waiting = config.max_waiting;
  return bounds;
}

UiCapabilities CapabilitiesOf(const TraceService& service) {
  return {.archive_storage = service.has_archive(),
          .metrics_storage = service.has_metrics(),
          .search_without_service_name = service.capabilities().without_service};
}

// Null where no UI is installed.
Result<std::unique_ptr<UiHost>> OpenUi(const QueryConfig& config, const TraceService& service) {
  if (config.static_files.empty()) {
    return std::unique_ptr<UiHost>();
  }
  return UiHost::Open({.folder = config.static_files,
                       .config_path = config.ui_config,
                       .prefix = config.PathPrefix(),
                       .version_json = VersionJson(),
                       .log_access = config.log_static_assets_access},
                      [&service] { return CapabilitiesOf(service); });
}

class RunningQuery : public Query {
 public:
  RunningQuery(const ServiceContext& context, const QueryConfig& config, Storage& storage)
      : service_(storage, context.metrics,
                 {.storage_kind = config.storage_kind,
                  .max_clock_skew = config.max_clock_skew_adjustment,
                  .max_trace_spans = config.max_trace_size}),
        workers_(BoundsOf(config)) {}
  ~RunningQuery() override { Stop(std::chrono::steady_clock::now()); }

  Status Begin(const ServiceContext& context, const QueryConfig& config) {
    auto ui = OpenUi(config, service_);
    if (!ui.ok()) {
      return std::move(ui).error();
    }
    ui_ = *std::move(ui);
    front_ =
        std::make_unique<HttpFront>(HttpFrontOptions{.prefix = config.PathPrefix(),
                                                     .request_timeout = config.request_timeout,
                                                     .max_request_bytes = config.max_request_bytes},
                                    BuildRouter(config.PathPrefix()), workers_, context.metrics);
    return Listen(context, config);
  }

  [[nodiscard]] std::uint16_t http_port() const override { return server_->port(); }

  void Stop(std::chrono::steady_clock::time_point deadline) override {
    if (server_ != nullptr) {
      server_->Stop(deadline);
    }
    workers_.Stop();
  }

 private:
  HttpRouter BuildRouter(const std::string& prefix) {
    HttpRouter router;
    AddHttpV1Routes(router, prefix, service_, Clock::System());
    AddApiV3Routes(router, prefix, service_);
    if (ui_ != nullptr) {
      AddUi(router, *ui_, prefix);
    } else {
      AddLandingPage(router, prefix);
    }
    return router;
  }

  Status Listen(const ServiceContext& context, const QueryConfig& config) {
    HttpServerOptions options;
    options.address = config.http_address;
    auto server = HttpServer::Start(context.runtime, "query.http-server", std::move(options),
                                    [this](HttpRequest&& request, HttpReply reply) {
                                      front_->Handle(std::move(request), std::move(reply));
                                    });
    if (!server.ok()) {
      return std::move(server).error();
    }
    server_ = *std::move(server);
    return {};
  }

  TraceService service_;
  QueryWorkers workers_;
  std::unique_ptr<UiHost> ui_;
  std::unique_ptr<HttpFront> front_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

Result<std::unique_ptr<Query>> Query::Start(ServiceContext context, const QueryConfig& config,
                                            Storage& storage) {
  auto query = std::make_unique<RunningQuery>(context, config, storage);
  if (Status begun = query->Begin(context, config); !begun.ok()) {
    return std::move(begun).error();
  }
  return std::unique_ptr<Query>(std::move(query));
}

}  // namespace pugmark
