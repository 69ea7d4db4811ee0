#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "common/net/http.h"

namespace pugmark {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::uint64_t kLargestAnswer = std::uint64_t{1} << 30;

// One request on an io_context of its own; each step starts the next.
class Fetch {
 public:
  Fetch(const HostPort& address, std::string request, bool head_only,
        std::chrono::milliseconds timeout)
      : address_(address), request_(std::move(request)), stream_(context_) {
    parser_.body_limit(kLargestAnswer);
    parser_.skip(head_only);
    stream_.expires_after(timeout);
  }

  Result<HttpResponse> Run() {
    beast::error_code error;
    asio::ip::tcp::resolver resolver(context_);
    const auto endpoints = resolver.resolve(address_.host.empty() ? "localhost" : address_.host,
                                            std::to_string(address_.port), error);
    if (error) {
      return Failed(error);
    }
    stream_.async_connect(
        endpoints, [this](beast::error_code code, const auto&) { code ? Finish(code) : Write(); });
    context_.run();
    if (error_) {
      return Failed(error_);
    }
    HttpResponse response;
    response.status = static_cast<int>(parser_.get().result_int());
    for (const auto& field : parser_.get()) {
      response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    response.content_type = std::string(parser_.get()[http::field::content_type]);
    response.body = std::move(parser_.get().body());
    return response;
  }

 private:
  Error Failed(const beast::error_code& error) const {
    const bool late = error == beast::error::timeout;
    return {late ? ErrorCode::kDeadlineExceeded : ErrorCode::kUnavailable,
            "cannot fetch from " + address_.ToString() + ": " + error.message()};
  }
  void Finish(const beast::error_code& error) {
    error_ = error;
    stream_.close();
  }
  void Write() {
    asio::async_write(stream_, asio::buffer(request_), [this](beast::error_code, std::size_t) {
      Read();  // also after a failed write: the answer may already be there
    });
  }
  void Read() {
    http::async_read(stream_, buffer_, parser_,
                     [this](beast::error_code code, std::size_t) { Finish(code); });
  }

  const HostPort address_;
  const std::string request_;
  asio::io_context context_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  beast::error_code error_;
};

}  // namespace

Result<HttpResponse> HttpFetch(const HostPort& address, std::string_view method,
                               std::string_view target, std::string_view body,
                               const std::vector<HttpHeader>& headers,
                               std::chrono::milliseconds timeout) {
  std::string request(method);
  request.append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(address.ToString());
  request.append("\r\nConnection: close\r\n");
  if (!body.empty() || method == "POST") {
    request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  }
  for (const HttpHeader& header : headers) {
    request.append(header.first).append(": ").append(header.second).append("\r\n");
  }
  request.append("\r\n").append(body);
  return Fetch(address, std::move(request), method == "HEAD", timeout).Run();
}

}  // namespace pugmark
