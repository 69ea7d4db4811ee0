#include "common/service/admin_server.h"

#include <thread>
#include <utility>

#include "common/concurrency/bounded_queue.h"
#include "common/service/admin_pages.h"

namespace pugmark {
namespace {

constexpr std::size_t kMostWaiting = 64;
constexpr std::size_t kMostBodyBytes = 4096;  // no page reads a body

struct Waiting {
  std::string path;
  std::string query;
  HttpReply reply;
};

// What handlers use: it lives until the last connection is gone.
struct Desk {
  Desk(std::string metrics_route, Metrics& metrics)
      : pages(std::move(metrics_route), metrics, Clock::System()),
        queue({.max_weight = kMostWaiting, .max_bytes = kMostWaiting}) {}

  void Take(HttpRequest&& request, HttpReply reply) {
    if (AdminPages::IsImmediate(request.path)) {
      std::move(reply).Send(pages.Answer(request.path, request.query));
      return;
    }
    auto waiting = std::make_unique<Waiting>(
        Waiting{std::move(request.path), std::move(request.query), std::move(reply)});
    if (!queue.TryPush(waiting, 1, 1)) {
      HttpResponse busy;
      busy.status = 503;
      busy.content_type = "text/plain; charset=utf-8";
      busy.body = "too many requests wait for the admin port\n";
      std::move(waiting->reply).Send(std::move(busy));
    }
  }

  void Work() {
    std::unique_ptr<Waiting> waiting;
    while (queue.Pop(waiting)) {
      std::move(waiting->reply).Send(pages.Answer(waiting->path, waiting->query));
      waiting.reset();
    }
  }

  AdminPages pages;
  BoundedQueue<std::unique_ptr<Waiting>> queue;
};

}  // namespace

struct AdminServer::Impl {
  std::shared_ptr<Desk> desk;  // shared with the handler of the server's connections
  std::unique_ptr<HttpServer> server;
  std::jthread worker;  // makes the pages
};

Result<std::unique_ptr<AdminServer>> AdminServer::Start(IoRuntime& runtime,
                                                        const AdminConfig& config,
                                                        Metrics& metrics) {
  auto impl = std::make_unique<Impl>();
  impl->desk = std::make_shared<Desk>(config.metrics_route, metrics);
  HttpServerOptions options;
  options.address = config.address;
  options.max_body_bytes = kMostBodyBytes;
  auto server = HttpServer::Start(runtime, "admin.http", std::move(options),
                                  [desk = impl->desk](HttpRequest&& request, HttpReply reply) {
                                    desk->Take(std::move(request), std::move(reply));
                                  });
  if (!server.ok()) {
    return std::move(server).error();
  }
  impl->server = *std::move(server);
  impl->worker = std::jthread([desk = impl->desk.get()] { desk->Work(); });
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminServer::~AdminServer() { Stop(std::chrono::steady_clock::now()); }

std::uint16_t AdminServer::port() const { return impl_->server->port(); }

void AdminServer::SetReady(bool ready) { impl_->desk->pages.SetReady(ready); }

void AdminServer::AddReadinessCheck(std::string name, std::function<Status()> check) {
  impl_->desk->pages.AddReadinessCheck(std::move(name), std::move(check));
}

void AdminServer::AddDebugVariable(std::string name, std::function<std::string()> json) {
  impl_->desk->pages.AddDebugVariable(std::move(name), std::move(json));
}

void AdminServer::Stop(std::chrono::steady_clock::time_point deadline) {
  impl_->server->Stop(deadline);
  impl_->desk->queue.Close();
  if (impl_->worker.joinable()) {
    impl_->worker.join();
  }
}

}  // namespace pugmark
