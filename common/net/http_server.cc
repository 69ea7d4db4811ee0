#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <condition_variable>
#include <list>
#include <mutex>
#include <utility>
#include <vector>

#include "common/net/http.h"
#include "common/net/http_connection.h"

namespace pugmark {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int kBacklog = 4096;
constexpr std::chrono::milliseconds kAcceptBackOff{100};

std::string ListenError(std::string_view name, const HostPort& address,
                        const boost::system::error_code& error) {
  std::string text =
      std::string(name) + ": cannot listen on " + address.ToString() + ": " + error.message();
  if (error == asio::error::address_in_use) {
    text += " (another process has the port; choose another with --" + std::string(name) +
            ".host-port)";
  }
  return text;
}

Result<tcp::endpoint> Resolve(asio::io_context& context, std::string_view name,
                              const HostPort& address) {
  if (address.host.empty()) {
    return tcp::endpoint(tcp::v6(), address.port);
  }
  boost::system::error_code error;
  const auto literal = asio::ip::make_address(address.host, error);
  if (!error) {
    return tcp::endpoint(literal, address.port);
  }
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), error);
  if (error || found.empty()) {
    return Unavailable(ListenError(name, address, error));
  }
  return found.begin()->endpoint();
}

// Opens, binds and listens. No SO_REUSEPORT: a taken port must be an error.
boost::system::error_code Listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (error) {
    return error;
  }
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (endpoint.protocol() == tcp::v6() && endpoint.address().is_unspecified()) {
    acceptor.set_option(asio::ip::v6_only(false), error);
  }
  acceptor.bind(endpoint, error);
  if (!error) {
    acceptor.listen(kBacklog, error);
  }
  if (error) {
    boost::system::error_code ignored;
    acceptor.close(ignored);
  }
  return error;
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
 public:
  Impl(asio::io_context& context, HttpServerOptions options, HttpHandler handler)
      : context_(context),
        options_(std::move(options)),
        handler_(std::move(handler)),
        acceptor_(asio::make_strand(context)),
        back_off_(acceptor_.get_executor()) {}

  Status Open(std::string_view name) {
    const auto endpoint = Resolve(context_, name, options_.address);
    if (!endpoint.ok()) {
      return endpoint.error();
    }
    boost::system::error_code error = Listen(acceptor_, *endpoint);
    if (error == asio::error::address_family_not_supported && options_.address.host.empty()) {
      error = Listen(acceptor_, tcp::endpoint(tcp::v4(), options_.address.port));
    }
    if (error) {
      return Unavailable(ListenError(name, options_.address, error));
    }
    port_ = acceptor_.local_endpoint().port();
    return {};
  }

  void Start() {
    asio::post(acceptor_.get_executor(), [self = shared_from_this()] { self->Accept(); });
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  void Stop(std::chrono::steady_clock::time_point deadline) {
    asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
      boost::system::error_code ignored;
      self->acceptor_.close(ignored);
      self->back_off_.cancel();
    });
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    ForEachConnection(&HttpConnection::Drain);
    if (!WaitUntilEmpty(deadline)) {
      ForEachConnection(&HttpConnection::Abort);
      WaitUntilEmpty(std::chrono::steady_clock::now() + std::chrono::seconds(1));
    }
  }

 private:
  void Accept() {
    if (!acceptor_.is_open()) {
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      if (connections_.size() >= options_.max_connections) {
        accept_paused_ =
            true;  // resumed when a connection ends; until then clients wait in the backlog
        return;
      }
    }
    acceptor_.async_accept(
        asio::make_strand(context_),
        [self = shared_from_this()](const boost::system::error_code& error, tcp::socket socket) {
          self->OnAccept(error, std::move(socket));
        });
  }

  void OnAccept(const boost::system::error_code& error, tcp::socket socket) {
    if (!acceptor_.is_open()) {
      return;
    }
    if (error) {  // out of descriptors, usually: trying again at once would spin
      back_off_.expires_after(kAcceptBackOff);
      back_off_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
        if (!cancelled) {
          self->Accept();
        }
      });
      return;
    }
    Adopt(std::move(socket));
    Accept();
  }

  void Adopt(tcp::socket socket) {
    std::shared_ptr<HttpConnection> connection;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        return;
      }
      const auto place = connections_.emplace(connections_.end());
      // The connection keeps this server's options and handler alive until it is gone.
      connection = std::make_shared<HttpConnection>(
          std::move(socket), options_, handler_,
          [self = shared_from_this(), place] { self->Remove(place); });
      *place = connection;
    }
    connection->Start();
  }

  void Remove(std::list<std::weak_ptr<HttpConnection>>::iterator place) {
    bool resume = false;
    {
      const std::lock_guard lock(mutex_);
      connections_.erase(place);
      resume = std::exchange(accept_paused_, false) && !stopping_;
    }
    changed_.notify_all();
    if (resume) {
      Start();
    }
  }

  template <typename Action>
  void ForEachConnection(Action action) {
    std::vector<std::shared_ptr<HttpConnection>> alive;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& connection : connections_) {
        if (auto held = connection.lock()) {
          alive.push_back(std::move(held));
        }
      }
    }
    for (const auto& connection : alive) {
      (connection.get()->*action)();
    }
  }

  bool WaitUntilEmpty(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return connections_.empty(); });
  }

  asio::io_context& context_;
  const HttpServerOptions options_;
  const HttpHandler handler_;
  tcp::acceptor acceptor_;
  asio::steady_timer back_off_;
  std::uint16_t port_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<std::weak_ptr<HttpConnection>> connections_;
  bool accept_paused_ = false;
  bool stopping_ = false;
};

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { Stop(std::chrono::steady_clock::now()); }

Result<std::unique_ptr<HttpServer>> HttpServer::Start(IoRuntime& runtime, std::string_view name,
                                                      HttpServerOptions options,
                                                      HttpHandler handler) {
  auto impl = std::make_shared<Impl>(runtime.context(), std::move(options), std::move(handler));
  if (Status opened = impl->Open(name); !opened.ok()) {
    return std::move(opened).error();
  }
  impl->Start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const { return impl_->port(); }

void HttpServer::Stop(std::chrono::steady_clock::time_point deadline) { impl_->Stop(deadline); }

}  // namespace pugmark
