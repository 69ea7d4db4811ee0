#include "query/query.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "common/base/time.h"
#include "query/api/http_front.h"
#include "query/api/http_v1/routes.h"
#include "query/service/query_workers.h"
#include "query/service/trace_service.h"
#include "query/ui/landing_page.h"

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

HttpRouter BuildRouter(const QueryConfig& config, TraceService& service) {
  HttpRouter router;
  const std::string prefix = config.PathPrefix();
  AddHttpV1Routes(router, prefix, service, Clock::System());
  AddLandingPage(router, prefix);
  return router;
}

class RunningQuery : public Query {
 public:
  RunningQuery(const ServiceContext& context, const QueryConfig& config, Storage& storage)
      : service_(storage, context.metrics,
                 {.storage_kind = config.storage_kind,
                  .max_clock_skew = config.max_clock_skew_adjustment,
                  .max_trace_spans = config.max_trace_size}),
        workers_(BoundsOf(config)),
        front_({.prefix = config.PathPrefix(),
                .request_timeout = config.request_timeout,
                .max_request_bytes = config.max_request_bytes},
               BuildRouter(config, service_), workers_, context.metrics) {}
  ~RunningQuery() override { Stop(std::chrono::steady_clock::now()); }

  Status Listen(const ServiceContext& context, const QueryConfig& config) {
    HttpServerOptions options;
    options.address = config.http_address;
    auto server = HttpServer::Start(context.runtime, "query.http-server", std::move(options),
                                    [this](HttpRequest&& request, HttpReply reply) {
                                      front_.Handle(std::move(request), std::move(reply));
                                    });
    if (!server.ok()) {
      return std::move(server).error();
    }
    server_ = *std::move(server);
    return {};
  }

  [[nodiscard]] std::uint16_t http_port() const override { return server_->port(); }

  void Stop(std::chrono::steady_clock::time_point deadline) override {
    if (server_ != nullptr) {
      server_->Stop(deadline);
    }
    workers_.Stop();
  }

 private:
  TraceService service_;
  QueryWorkers workers_;
  HttpFront front_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

Result<std::unique_ptr<Query>> Query::Start(ServiceContext context, const QueryConfig& config,
                                            Storage& storage) {
  auto query = std::make_unique<RunningQuery>(context, config, storage);
  if (Status listening = query->Listen(context, config); !listening.ok()) {
    return std::move(listening).error();
  }
  return std::unique_ptr<Query>(std::move(query));
}

}  // namespace pugmark
