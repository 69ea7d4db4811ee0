// An HTTP/1.1 server behind a non-template interface: handlers get whole requests and answer at any
// later time, from any thread, at once or as a stream. Beast stays in http_server.cc.
//
// Threads: handlers run on an io thread, on the strand of their connection, and must not block.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/net/host_port.h"
#include "common/net/io_runtime.h"

namespace pugmark {

using HttpHeader = std::pair<std::string, std::string>;

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // as sent: "/api/traces?service=a%20b"
  std::string path;    // before '?', still percent-encoded
  std::string query;   // after '?', still percent-encoded
  std::vector<HttpHeader> headers;
  std::string body;    // whole, after chunked transfer; content encodings are left to the handler
  std::string remote;  // "127.0.0.1:53412"
  std::stop_token closed;  // asked to stop when the client has gone
  // What `admit` took for this request, such as a charge on a byte budget; freed with the request.
  std::shared_ptr<void> held;

  // Value of the first header of that name, letter case ignored; "" without one.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
  [[nodiscard]] bool HasHeader(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::vector<HttpHeader>
      headers;  // Content-Type is set through content_type; Content-Length and Date by the server
  std::string content_type;  // "": none is sent
  std::string body;
};

// Gives the next piece of a streamed body, "" at the end, or an error, which ends the connection
// without a proper close so that the client sees a truncated answer. Called one call at a time, on
// a thread of `HttpReply::Stream`'s executor.
using HttpBodySource = std::function<Result<std::string>()>;
// Runs a function on some worker thread.
using Executor = std::function<void(std::function<void()>)>;

// The answer to one request: exactly one of Send and Stream is called, once. Movable; safe to use
// from any thread; does nothing when the client has gone. Dropped unanswered, it answers 500.
class HttpReply {
 public:
  class Sink;
  explicit HttpReply(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  HttpReply(HttpReply&&) noexcept = default;
  HttpReply& operator=(HttpReply&&) noexcept = default;
  ~HttpReply();

  void Send(HttpResponse response) &&;
  // Status and headers of `head`, then the pieces of `source` in chunked encoding; the next piece
  // is asked for, on `worker`, when the client has taken the one before.
  void Stream(HttpResponse head, HttpBodySource source, Executor worker) &&;

 private:
  std::shared_ptr<Sink> sink_;
};

using HttpHandler = std::function<void(HttpRequest&&, HttpReply)>;

struct HttpServerOptions {
  HostPort address;
  std::size_t max_body_bytes = std::size_t{20} << 20;    // beyond it: 413
  std::size_t max_header_bytes = std::size_t{32} << 10;  // beyond it: 431
  std::chrono::milliseconds read_header_timeout{2'000};  // from the first byte of a request
  std::chrono::milliseconds read_timeout{0};        // of a whole request; 0: 30 s of silence end it
  std::chrono::milliseconds idle_timeout{0};        // between requests; 0: 60 s
  std::chrono::milliseconds write_timeout{30'000};  // without progress
  std::size_t max_connections = 10'000;
  bool keep_alive = true;  // false: each connection ends with its first answer
  // Told the status of each request that is refused before the handler sees it; may be null.
  std::function<void(int status)> on_refusal;
  // Asked with the header alone (body empty) before a body is read; a response refuses the request
  // and closes. It may set `held`. For a chunked body it is asked first with 0, and again before
  // the body grows beyond what it was asked for last.
  std::function<std::optional<HttpResponse>(HttpRequest&, std::uint64_t body_bytes)> admit;
};

// Listens from Start until Stop. The runtime outlives it.
class HttpServer {
 public:
  // Binds and listens. kUnavailable when the address is taken, naming it and the flag-like `name`
  // ("query.http-server").
  static Result<std::unique_ptr<HttpServer>> Start(IoRuntime& runtime, std::string_view name,
                                                   HttpServerOptions options, HttpHandler handler);
  ~HttpServer();

  // The port bound, also where 0 was asked for.
  [[nodiscard]] std::uint16_t port() const;
  // Stops accepting, ends idle connections, waits for requests under way until `deadline`, then
  // ends the rest. May be called twice.
  void Stop(std::chrono::steady_clock::time_point deadline);

 private:
  class Impl;
  explicit HttpServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

// One blocking request, for tools and subcommands. Errors: kUnavailable, kDeadlineExceeded.
Result<HttpResponse> HttpFetch(const HostPort& address, std::string_view method,
                               std::string_view target, std::string_view body,
                               const std::vector<HttpHeader>& headers,
                               std::chrono::milliseconds timeout);

}  // namespace pugmark
