#include "collector/receiver/http_front.h"

#include <utility>

#include "common/net/http_sink.h"

namespace pugmark {
namespace {

constexpr int kContentTooLarge = 413;

std::chrono::milliseconds ToMillis(Nanoseconds duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration);
}

HttpServerOptions ToServerOptions(const HttpFrontContext& context, const HttpFrontOptions& front) {
  HttpServerOptions options;
  options.address = front.server.address;
  options.idle_timeout = ToMillis(front.server.idle_timeout);
  options.read_header_timeout = ToMillis(front.server.read_header_timeout);
  options.read_timeout = ToMillis(front.server.read_timeout);
  options.max_body_bytes = context.max_body_bytes;
  options.keep_alive = front.keep_alive;
  options.on_refusal = [&hits = context.hits](int status) {
    if (status == kContentTooLarge) {
      hits.Add(Limit::kHttpBody);
    }
  };
  return options;
}

void Append(std::vector<HttpHeader>& headers, std::vector<HttpHeader> more) {
  headers.insert(headers.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
}

}  // namespace

// Adds the headers of CORS to the answer and counts it.
class HttpFront::WatchedSink : public HttpReply::Sink {
 public:
  WatchedSink(HttpDurations::Timer timer, std::vector<HttpHeader> headers, HttpReply reply)
      : timer_(std::move(timer)), headers_(std::move(headers)), reply_(std::move(reply)) {}

  void Send(HttpResponse response) override {
    Finish(response);
    std::move(reply_).Send(std::move(response));
  }
  void Stream(HttpResponse head, HttpBodySource source, Executor worker) override {
    Finish(head);
    std::move(reply_).Stream(std::move(head), std::move(source), std::move(worker));
  }

 private:
  void Finish(HttpResponse& response) {
    timer_.Stop(response.status);
    Append(response.headers, std::move(headers_));
  }

  const HttpDurations::Timer timer_;
  std::vector<HttpHeader> headers_;
  HttpReply reply_;
};

HttpFront::HttpFront(Metrics& metrics, HttpFrontOptions options, Intake& intake,
                     HttpHandler handler)
    : options_(std::move(options)),
      intake_(intake),
      handler_(std::move(handler)),
      durations_(metrics, options_.paths),
      cors_(options_.cors) {}

Result<std::unique_ptr<HttpFront>> HttpFront::Start(const HttpFrontContext& context,
                                                    HttpFrontOptions options, Intake& intake,
                                                    HttpHandler handler) {
  std::unique_ptr<HttpFront> self(
      new HttpFront(context.metrics, std::move(options), intake, std::move(handler)));
  HttpServerOptions server_options = ToServerOptions(context, self->options_);
  server_options.admit = [raw = self.get()](HttpRequest& request, std::uint64_t body_bytes) {
    return raw->Admit(request, body_bytes);
  };
  auto server = HttpServer::Start(context.runtime, self->options_.name, std::move(server_options),
                                  [raw = self.get()](HttpRequest&& request, HttpReply reply) {
                                    raw->Handle(std::move(request), std::move(reply));
                                  });
  if (!server.ok()) {
    return std::move(server).error();
  }
  self->server_ = *std::move(server);
  return self;
}

std::optional<HttpResponse> HttpFront::Admit(HttpRequest& request, std::uint64_t body_bytes) {
  if (!options_.has_spans(request)) {
    return std::nullopt;
  }
  if (request.held == nullptr) {
    request.held = intake_.Admit(body_bytes);
  } else if (!intake_.AdmitMore(*std::static_pointer_cast<BudgetShare>(request.held), body_bytes)) {
    request.held.reset();
  }
  if (request.held != nullptr) {
    return std::nullopt;
  }
  HttpResponse response = options_.not_admitted(request);
  durations_.Start(request).Stop(response.status);
  Append(response.headers, cors_.HeadersFor(request));
  return response;
}

Intake::Message HttpFront::TakeMessage(HttpRequest& request) {
  return {.bytes = std::move(request.body),
          .content_encoding = std::string(request.Header("Content-Encoding")),
          .share = std::static_pointer_cast<BudgetShare>(std::exchange(request.held, nullptr))};
}

void HttpFront::Handle(HttpRequest&& request, HttpReply reply) {
  auto preflight = cors_.Preflight(request);
  HttpReply watched(std::make_shared<WatchedSink>(
      durations_.Start(request), preflight ? std::vector<HttpHeader>() : cors_.HeadersFor(request),
      std::move(reply)));
  if (preflight) {
    std::move(watched).Send(*std::move(preflight));
  } else {
    handler_(std::move(request), std::move(watched));
  }
}

}  // namespace pugmark
