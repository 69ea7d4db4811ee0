#include "agent/sampling/sampling_proxy.h"

#include <string>
#include <string_view>
#include <utility>

#include "common/net/http.h"
#include "common/net/url.h"
#include "proto/codec/sampling_json.h"
#include "sampling.pb.h"

namespace pugmark {
namespace {

using jaeger::api_v2::SamplingStrategyParameters;
using jaeger::api_v2::SamplingStrategyResponse;

constexpr char kGetStrategy[] = "/jaeger.api_v2.SamplingManager/GetSamplingStrategy";
constexpr std::chrono::milliseconds kCallTimeout{5'000};
constexpr std::size_t kMaxHeaderBytes = std::size_t{8} << 10;
constexpr std::size_t kMaxConnections = 1'000;

enum class Endpoint { kSampling, kLegacySampling, kBaggage };

// Names as in Jaeger, but for the one that its alert rules name and it does not have.
struct SamplingMetrics {
  explicit SamplingMetrics(Metrics& metrics)
      : all(metrics.AddCounter("jaeger_agent_http_server_total",
                               "requests, whatever came of them")),
        sampling(Requests(metrics, "sampling")),
        legacy(Requests(metrics, "sampling-legacy")),
        baggage(Requests(metrics, "baggage")),
        bad_request(Errors(metrics, "4xx", "all")),
        no_answer(Errors(metrics, "5xx", "collector-proxy")),
        bad_thrift(Errors(metrics, "5xx", "thrift")),
        bad_proto(Errors(metrics, "5xx", "proto")),
        proxy_ok(Proxy(metrics, "ok", "sampling")),
        proxy_error(Proxy(metrics, "err", "sampling")),
        baggage_error(Proxy(metrics, "err", "baggage")) {
    Errors(metrics, "5xx", "write");
    Proxy(metrics, "ok", "baggage");
  }

  static Metrics::Counter& Requests(Metrics& metrics, const char* type) {
    return metrics.AddCounter("jaeger_agent_http_server_requests_total", "requests answered",
                              {{"type", type}});
  }
  static Metrics::Counter& Errors(Metrics& metrics, const char* status, const char* source) {
    return metrics.AddCounter("jaeger_agent_http_server_errors_total", "requests refused or failed",
                              {{"status", status}, {"source", source}});
  }
  static Metrics::Counter& Proxy(Metrics& metrics, const char* result, const char* endpoint) {
    return metrics.AddCounter("jaeger_agent_collector_proxy_total", "questions to a collector",
                              {{"result", result}, {"endpoint", endpoint}, {"protocol", "grpc"}});
  }

  Metrics::Counter& all;
  Metrics::Counter& sampling;
  Metrics::Counter& legacy;
  Metrics::Counter& baggage;
  Metrics::Counter& bad_request;
  Metrics::Counter& no_answer;
  Metrics::Counter& bad_thrift;
  Metrics::Counter& bad_proto;
  Metrics::Counter& proxy_ok;
  Metrics::Counter& proxy_error;
  Metrics::Counter& baggage_error;
};

// As Go's http.Error writes it.
HttpResponse TextError(int status, std::string text) {
  return {status,
          {{"X-Content-Type-Options", "nosniff"}},
          "text/plain; charset=utf-8",
          std::move(text) + "\n"};
}

// As Go prints an error of a gRPC call.
std::string GoErrorText(const Error& error) {
  std::string text = "rpc error: code = ";
  text += ErrorCodeName(error.code);
  text += " desc = ";
  return text + error.message;
}

}  // namespace

class SamplingProxy::Impl {
 public:
  Impl(CollectorClient& client, Metrics& metrics) : client_(client), metrics_(metrics) {}

  Status Listen(IoRuntime& runtime, const HostPort& address) {
    HttpServerOptions options;
    options.address = address;
    options.max_body_bytes = 0;
    options.max_header_bytes = kMaxHeaderBytes;
    options.max_connections = kMaxConnections;
    auto server = HttpServer::Start(
        runtime, "http-server", std::move(options),
        [this](HttpRequest&& request, HttpReply reply) { Handle(request, std::move(reply)); });
    if (!server) {
      return std::move(server).error();
    }
    server_ = *std::move(server);
    return {};
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  void Stop(std::chrono::steady_clock::time_point deadline) {
    if (server_ != nullptr) {
      server_->Stop(deadline);
    }
  }

 private:
  void Handle(const HttpRequest& request, HttpReply reply) {
    metrics_.all.Increment();
    if (request.path == "/sampling") {
      Answer(Endpoint::kSampling, request, std::move(reply));
    } else if (request.path == "/") {
      Answer(Endpoint::kLegacySampling, request, std::move(reply));
    } else if (request.path == "/baggageRestrictions") {
      Answer(Endpoint::kBaggage, request, std::move(reply));
    } else {
      std::move(reply).Send(TextError(404, "404 page not found"));
    }
  }

  void Answer(Endpoint endpoint, const HttpRequest& request, HttpReply reply) {
    if (request.method != "GET") {
      std::move(reply).Send({405, {}, "", ""});
      return;
    }
    const QueryParameters parameters = QueryParameters::Parse(request.query);
    const auto services = parameters.All("service");
    if (services.size() != 1) {
      metrics_.bad_request.Increment();
      std::move(reply).Send(TextError(400, "'service' parameter must be provided once"));
      return;
    }
    if (endpoint == Endpoint::kBaggage) {
      metrics_.baggage_error.Increment();
      metrics_.no_answer.Increment();
      std::move(reply).Send(TextError(500, "collector error: baggage not implemented"));
      return;
    }
    Ask(endpoint, services.front(), std::move(reply));
  }

  void Ask(Endpoint endpoint, std::string_view service, HttpReply reply) {
    SamplingStrategyParameters parameters;
    parameters.set_servicename(std::string(service));
    // std::function wants copies; the reply has one owner.
    auto held_reply = std::make_shared<HttpReply>(std::move(reply));
    client_.Call(client_.Pick(), kGetStrategy,
                 {std::make_shared<const std::string>(parameters.SerializeAsString())},
                 kCallTimeout, [this, endpoint, held_reply](const Result<std::string>& answer) {
                   std::move(*held_reply).Send(ToResponse(endpoint, answer));
                 });
  }

  HttpResponse ToResponse(Endpoint endpoint, const Result<std::string>& answer) {
    SamplingStrategyResponse strategy;
    if (!answer || !strategy.ParseFromString(*answer)) {
      metrics_.proxy_error.Increment();
      metrics_.no_answer.Increment();
      const Error error =
          answer ? Internal("the collector's strategy cannot be read") : answer.error();
      return TextError(500, "collector error: " + GoErrorText(error));
    }
    metrics_.proxy_ok.Increment();
    if (endpoint == Endpoint::kSampling) {
      metrics_.sampling.Increment();
      return {200, {}, "application/json", SamplingStrategyJson(strategy)};
    }
    Result<std::string> json = LegacySamplingStrategyJson(strategy);
    if (!json) {
      metrics_.bad_thrift.Increment();
      return TextError(500, "cannot marshall to JSON");  // sic, as in Jaeger
    }
    metrics_.legacy.Increment();
    return {200, {}, "application/json", *std::move(json)};
  }

  CollectorClient& client_;
  SamplingMetrics metrics_;
  std::unique_ptr<HttpServer> server_;
};

Result<std::unique_ptr<SamplingProxy>> SamplingProxy::Start(IoRuntime& runtime,
                                                            const HostPort& address,
                                                            CollectorClient& client,
                                                            Metrics& metrics) {
  auto impl = std::make_unique<Impl>(client, metrics);
  if (Status status = impl->Listen(runtime, address); !status) {
    return std::move(status).error();
  }
  return std::unique_ptr<SamplingProxy>(new SamplingProxy(std::move(impl)));
}

SamplingProxy::SamplingProxy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SamplingProxy::~SamplingProxy() { Stop(std::chrono::steady_clock::now()); }

std::uint16_t SamplingProxy::port() const { return impl_->port(); }
void SamplingProxy::Stop(std::chrono::steady_clock::time_point deadline) { impl_->Stop(deadline); }

}  // namespace pugmark
