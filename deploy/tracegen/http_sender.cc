#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>

#include "deploy/tracegen/sender.h"

namespace pugmark::tracegen {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

class HttpSender : public Sender {
 public:
  explicit HttpSender(const HostPort& target) : target_(target), host_(target.ToString()) {}

  SendResult Send(std::string_view message) override {
    // The server may have closed an idle connection: one more try, on a fresh one.
    const bool reused = stream_.has_value();
    SendResult result = TrySend(message);
    if (result.outcome == Outcome::kFailed && reused) {
      result = TrySend(message);
    }
    return result;
  }

 private:
  SendResult TrySend(std::string_view message) {
    beast::error_code error;
    Connect(error);
    http::response<http::string_body> response;
    if (!error) {
      Exchange(message, response, error);
    }
    if (error) {
      stream_.reset();
      return {Outcome::kFailed, host_ + ": " + error.message()};
    }
    if (!response.keep_alive()) {
      stream_.reset();
    }
    if (response.result_int() / 100 == 2) {
      return {Outcome::kAcknowledged, {}};
    }
    return {Outcome::kRefused,
            "HTTP " + std::to_string(response.result_int()) + ": " + response.body()};
  }

  // beast's time-outs work on asynchronous operations only, so each step is one, waited for.
  void Connect(beast::error_code& error) {
    if (stream_) {
      return;
    }
    const auto addresses = asio::ip::tcp::resolver(context_).resolve(
        target_.host, std::to_string(target_.port), error);
    if (error) {
      return;
    }
    stream_.emplace(context_);
    stream_->expires_after(std::chrono::seconds(kAnswerSeconds));
    stream_->async_connect(addresses, [&error](beast::error_code e, const auto&) { error = e; });
    RunContext();
    if (!error) {
      beast::error_code ignored;  // only latency depends on it
      stream_->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    }
  }

  void Exchange(std::string_view message, http::response<http::string_body>& response,
                beast::error_code& error) {
    http::request<http::span_body<const char>> request(http::verb::post,
                                                       "/api/traces?format=jaeger.thrift", 11);
    request.set(http::field::host, host_);
    request.set(http::field::content_type, "application/x-thrift");
    request.body() = {message.data(), message.size()};
    request.prepare_payload();
    const auto keep = [&error](beast::error_code e, std::size_t) { error = e; };
    stream_->expires_after(std::chrono::seconds(kAnswerSeconds));
    http::async_write(*stream_, request, keep);
    RunContext();
    if (!error) {
      http::async_read(*stream_, buffer_, response, keep);
      RunContext();
    }
    stream_->expires_never();
  }

  void RunContext() {
    context_.restart();
    context_.run();
  }

  const HostPort target_;
  const std::string host_;
  asio::io_context context_{1};
  beast::flat_buffer buffer_;
  std::optional<beast::tcp_stream> stream_;
};

}  // namespace

std::unique_ptr<Sender> MakeHttpSender(const HostPort& target) {
  return std::make_unique<HttpSender>(target);
}

}  // namespace pugmark::tracegen
