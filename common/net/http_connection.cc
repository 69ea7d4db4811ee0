#include "common/net/http_connection.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <exception>
#include <utility>

#include "common/net/http_sink.h"

namespace pugmark {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kReadBufferBytes = std::size_t{256} << 10;
constexpr std::size_t kMostDiscardedBytes = std::size_t{8} << 20;
constexpr std::chrono::seconds kLinger{2};
constexpr std::chrono::seconds kSilence{30};
constexpr std::chrono::seconds kDefaultIdle{60};

std::string_view Reason(int status) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(status));
  return {reason.data(), reason.size()};
}

// RFC 9110, section 5.6.7.
std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  const std::size_t length =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), length};
}

HttpResponse PlainText(int status) {
  return {.status = status,
          .headers = {},
          .content_type = "text/plain; charset=utf-8",
          .body = std::string(Reason(status)) + "\n"};
}

std::string RemoteText(const asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? std::string()
               : HostPort{endpoint.address().to_string(), endpoint.port()}.ToString();
}

// A header value must not end its line.
bool IsSafeHeader(const HttpHeader& header) {
  return header.first.find_first_of("\r\n") == std::string::npos &&
         header.second.find_first_of("\r\n") == std::string::npos;
}

}  // namespace

// Carries the answer from any thread to the connection's strand.
class HttpConnection::ReplySink : public HttpReply::Sink {
 public:
  explicit ReplySink(std::shared_ptr<HttpConnection> connection)
      : connection_(std::move(connection)) {}

  void Send(HttpResponse response) override {
    auto& connection = *connection_;
    asio::post(connection.stream_.get_executor(),
               [self = std::move(connection_), response = std::move(response)]() mutable {
                 self->SendOnStrand(std::move(response));
               });
  }

  void Stream(HttpResponse head, HttpBodySource source, Executor worker) override {
    auto& connection = *connection_;
    asio::post(connection.stream_.get_executor(),
               [self = std::move(connection_), head = std::move(head), source = std::move(source),
                worker = std::move(worker)]() mutable {
                 self->StreamOnStrand(std::move(head), std::move(source), std::move(worker));
               });
  }

 private:
  std::shared_ptr<HttpConnection> connection_;
};

HttpConnection::HttpConnection(asio::ip::tcp::socket socket, const HttpServerOptions& options,
                               const HttpHandler& handler, std::function<void()> on_end)
    : stream_(std::move(socket)), options_(options), handler_(handler), on_end_(std::move(on_end)) {
  // Reading into a small buffer costs five times the CPU per byte.
  buffer_.reserve(kReadBufferBytes);
}

HttpConnection::~HttpConnection() { on_end_(); }

void HttpConnection::Start() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    boost::system::error_code ignored;
    self->stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    self->WaitForRequest();
  });
}

void HttpConnection::Drain() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->draining_ = true;
    if (self->idle_) {
      self->Close();
    }
  });
}

void HttpConnection::Abort() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->Close(); });
}

void HttpConnection::WaitForRequest() {
  idle_ = true;
  if (draining_) {
    Close();
    return;
  }
  if (buffer_.size() > 0) {  // pipelined
    ReadHeader();
    return;
  }
  stream_.expires_after(options_.idle_timeout.count() > 0
                            ? std::chrono::nanoseconds(options_.idle_timeout)
                            : std::chrono::nanoseconds(kDefaultIdle));
  stream_.async_read_some(buffer_.prepare(kReadBufferBytes),
                          [self = shared_from_this()](beast::error_code error, std::size_t bytes) {
                            if (error) {
                              self->Close();
                              return;
                            }
                            self->buffer_.commit(bytes);
                            self->ReadHeader();
                          });
}

void HttpConnection::ReadHeader() {
  idle_ = false;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
  parser_->body_limit(options_.max_body_bytes);
  stream_.expires_after(options_.read_header_timeout);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](beast::error_code error, std::size_t) { self->OnHeader(error); });
}

void HttpConnection::OnHeader(beast::error_code error) {
  if (error == http::error::end_of_stream || error == beast::error::timeout) {
    Close();
    return;
  }
  if (error == http::error::body_limit) {
    Refuse(PlainText(413));
    return;
  }
  if (error == http::error::header_limit) {
    Refuse(PlainText(431));
    return;
  }
  if (error) {
    Refuse(PlainText(400));
    return;
  }
  const auto& message = parser_->get();
  keep_alive_ = message.keep_alive() && options_.keep_alive;
  http10_ = message.version() < 11;
  head_only_ = message.method() == http::verb::head;
  request_.emplace();
  request_->method = std::string(message.method_string());
  request_->target = std::string(message.target());
  const std::size_t question = request_->target.find('?');
  request_->path = request_->target.substr(0, question);
  request_->query =
      question == std::string::npos ? std::string() : request_->target.substr(question + 1);
  for (const auto& field : message) {
    request_->headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  request_->remote = RemoteText(stream_.socket());
  gone_ = std::stop_source();
  request_->closed = gone_.get_token();
  if (options_.admit) {
    if (auto refused = options_.admit(*request_, parser_->content_length().value_or(0))) {
      Refuse(*std::move(refused));
      return;
    }
  }
  admitted_bytes_ = 0;
  read_deadline_ = std::chrono::steady_clock::now() + options_.read_timeout;
  if (!http10_ && request_->Header("Expect") == "100-continue" && !parser_->is_done()) {
    SendContinue();
  } else {
    ReadBody();
  }
}

void HttpConnection::SendContinue() {
  head_ = "HTTP/1.1 100 Continue\r\n\r\n";
  body_.clear();
  Write([this] { ReadBody(); });
}

void HttpConnection::ReadBody() {
  if (parser_->is_done()) {
    Handle();
    return;
  }
  if (!AdmitMoreBody()) {
    return;
  }
  if (options_.read_timeout.count() > 0) {
    stream_.expires_at(read_deadline_);
  } else {
    stream_.expires_after(kSilence);
  }
  http::async_read_some(stream_, buffer_, *parser_,
                        [self = shared_from_this()](beast::error_code error, std::size_t) {
                          self->OnBodyRead(error);
                        });
}

bool HttpConnection::AdmitMoreBody() {
  const std::uint64_t needed = parser_->get().body().size() + kReadBufferBytes;
  if (!options_.admit || !parser_->chunked() || needed <= admitted_bytes_) {
    return true;
  }
  // The string grows by doubling; steps do too, so that few of them are needed.
  admitted_bytes_ = std::max(needed, std::min<std::uint64_t>(2 * needed, options_.max_body_bytes));
  if (auto refused = options_.admit(*request_, admitted_bytes_)) {
    Refuse(*std::move(refused));
    return false;
  }
  return true;
}

void HttpConnection::OnBodyRead(beast::error_code error) {
  if (!error) {
    ReadBody();
  } else if (error == http::error::body_limit) {
    Refuse(PlainText(413));
  } else if (error == beast::error::timeout) {
    Refuse(PlainText(408));
  } else if (error == http::error::partial_message || error == asio::error::connection_reset) {
    Close();
  } else {
    Refuse(PlainText(400));
  }
}

void HttpConnection::Handle() {
  request_->body = std::move(parser_->get().body());
  parser_.reset();
  stream_.expires_never();
  handling_ = true;
  WatchForClose();
  HttpRequest request = *std::move(request_);
  request_.reset();
  HttpReply reply(std::make_shared<ReplySink>(shared_from_this()));
  try {
    handler_(std::move(request), std::move(reply));
  } catch (const std::exception&) {
    // The reply was dropped on the way out and has answered 500.
  }
}

// Waits until the socket turns readable while the handler works: end of stream then means that the
// client has gone. Pipelined bytes stay where they are.
void HttpConnection::WatchForClose() {
  stream_.socket().async_wait(
      asio::ip::tcp::socket::wait_read,
      [self = shared_from_this()](const boost::system::error_code& error) {
        if (error || !self->handling_) {
          return;
        }
        char byte = 0;
        const ssize_t got =
            ::recv(self->stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) {
          self->gone_.request_stop();
        }
      });
}

std::string HttpConnection::FormatHead(const HttpResponse& response,
                                       std::optional<std::size_t> length) const {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += Reason(response.status);
  head += "\r\nDate: " + HttpDate();
  if (!response.content_type.empty()) {
    head += "\r\nContent-Type: " + response.content_type;
  }
  for (const HttpHeader& header : response.headers) {
    if (IsSafeHeader(header)) {
      head += "\r\n" + header.first + ": " + header.second;
    }
  }
  if (length) {
    head += "\r\nContent-Length: " + std::to_string(*length);
  } else if (chunked_) {
    head += "\r\nTransfer-Encoding: chunked";
  }
  if (!keep_alive_) {
    head += "\r\nConnection: close";
  } else if (http10_) {
    head += "\r\nConnection: keep-alive";
  }
  head += "\r\n\r\n";
  return head;
}

void HttpConnection::SendOnStrand(HttpResponse response) {
  handling_ = false;
  boost::system::error_code ignored;
  stream_.socket().cancel(ignored);
  keep_alive_ = keep_alive_ && !draining_;
  chunked_ = false;
  head_ = FormatHead(response, response.body.size());
  body_ = head_only_ ? std::string() : std::move(response.body);
  Write([this] { AfterAnswer(); });
}

void HttpConnection::StreamOnStrand(HttpResponse head, HttpBodySource source, Executor worker) {
  source_ = std::move(source);
  worker_ = std::move(worker);
  chunked_ = !http10_;
  keep_alive_ = keep_alive_ && !draining_ && chunked_;
  head_ = FormatHead(head, std::nullopt);
  body_.clear();
  if (head_only_) {
    source_ = nullptr;
    handling_ = false;
    boost::system::error_code ignored;
    stream_.socket().cancel(ignored);
    Write([this] { AfterAnswer(); });
    return;
  }
  PullNextPiece();
}

void HttpConnection::PullNextPiece() {
  // The source is called on a worker; `self` keeps it alive until the piece is back on the strand.
  worker_([self = shared_from_this()] {
    Result<std::string> piece = Internal("the body source threw");
    try {
      piece = self->source_();
    } catch (const std::exception&) {
      // Ends the answer as any other error does.
    }
    asio::post(self->stream_.get_executor(),
               [self, piece = std::move(piece)]() mutable { self->OnPiece(std::move(piece)); });
  });
}

void HttpConnection::OnPiece(Result<std::string> piece) {
  if (!piece.ok()) {
    Close();  // without the last chunk: the client sees that the answer is not whole
    return;
  }
  const bool last = piece->empty();
  body_.clear();
  if (chunked_ && last) {
    body_ = "0\r\n\r\n";
  } else if (chunked_) {
    std::array<char, 24> size{};
    const int length = std::snprintf(size.data(), size.size(), "%zx\r\n", piece->size());
    head_.append(size.data(), static_cast<std::size_t>(length));
    body_ = *std::move(piece);
    body_ += "\r\n";
  } else {
    body_ = *std::move(piece);
  }
  if (!last) {
    Write([this] { PullNextPiece(); });
    return;
  }
  handling_ = false;
  boost::system::error_code ignored;
  stream_.socket().cancel(ignored);
  source_ = nullptr;
  worker_ = nullptr;
  Write([this] { AfterAnswer(); });
}

void HttpConnection::Refuse(HttpResponse response) {
  if (options_.on_refusal) {
    options_.on_refusal(response.status);
  }
  keep_alive_ = false;
  request_.reset();
  SendOnStrand(std::move(response));
}

void HttpConnection::Write(std::function<void()> next) {
  written_ = 0;
  after_write_ = std::move(next);
  WriteSome();
}

void HttpConnection::WriteSome() {
  const std::size_t total = head_.size() + body_.size();
  if (written_ == total) {
    head_.clear();
    body_.clear();
    std::exchange(after_write_, nullptr)();
    return;
  }
  const std::size_t of_head = std::min(written_, head_.size());
  const std::array<asio::const_buffer, 2> rest{asio::buffer(head_) + of_head,
                                               asio::buffer(body_) + (written_ - of_head)};
  stream_.expires_after(options_.write_timeout);
  stream_.async_write_some(rest,
                           [self = shared_from_this()](beast::error_code error, std::size_t bytes) {
                             if (error) {
                               self->after_write_ = nullptr;
                               self->Close();
                               return;
                             }
                             self->written_ += bytes;
                             self->WriteSome();
                           });
}

void HttpConnection::AfterAnswer() {
  if (keep_alive_ && !draining_) {
    WaitForRequest();
  } else {
    Linger();
  }
}

// Lets the client read the answer before the connection is reset under it: it may still be sending.
void HttpConnection::Linger() {
  boost::system::error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(kLinger);
  buffer_.clear();
  discarded_ = 0;
  ReadAndDiscard();
}

void HttpConnection::ReadAndDiscard() {
  stream_.async_read_some(buffer_.prepare(kReadBufferBytes),
                          [self = shared_from_this()](beast::error_code error, std::size_t bytes) {
                            self->discarded_ += bytes;
                            if (error || self->discarded_ > kMostDiscardedBytes) {
                              self->Close();
                            } else {
                              self->ReadAndDiscard();
                            }
                          });
}

void HttpConnection::Close() {
  gone_.request_stop();
  handling_ = false;
  source_ = nullptr;
  stream_.close();
}

}  // namespace pugmark
