// One client connection of an HttpServer: reads a request, hands it to the handler, writes the
// answer, and so on until one side closes. Included by the server's two .cc files only: it brings
// Beast with it.
//
// Thread safety: Drain and Abort may be called from any thread; everything else runs on the
// connection's strand.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "common/net/http.h"

namespace pugmark {

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  // `options` and `handler` outlive the connection; `on_end` runs once, when it is gone.
  HttpConnection(boost::asio::ip::tcp::socket socket, const HttpServerOptions& options,
                 const HttpHandler& handler, std::function<void()> on_end);
  ~HttpConnection();

  void Start();
  // Ends after the answer under way; at once when idle.
  void Drain();
  void Abort();

 private:
  class ReplySink;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void WaitForRequest();
  void ReadHeader();
  void OnHeader(boost::beast::error_code error);
  void SendContinue();
  void ReadBody();
  void OnBodyRead(boost::beast::error_code error);
  // Asks for room for the rest of a chunked body; false when it was refused.
  bool AdmitMoreBody();
  void Handle();
  void WatchForClose();

  // The answer; on the strand.
  void SendOnStrand(HttpResponse response);
  void StreamOnStrand(HttpResponse head, HttpBodySource source, Executor worker);
  void PullNextPiece();
  void OnPiece(Result<std::string> piece);
  void Refuse(HttpResponse response);
  std::string FormatHead(const HttpResponse& response, std::optional<std::size_t> length) const;
  // Writes `head_` and then `body_`, and goes on with `next` when both are out.
  void Write(std::function<void()> next);
  void WriteSome();
  void AfterAnswer();
  void Linger();
  void ReadAndDiscard();
  void Close();

  boost::beast::tcp_stream stream_;
  const HttpServerOptions& options_;
  const HttpHandler& handler_;
  std::function<void()> on_end_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<HttpRequest> request_;
  std::uint64_t admitted_bytes_ = 0;  // of a chunked body
  std::stop_source gone_;
  std::chrono::steady_clock::time_point read_deadline_;

  // The answer being written.
  std::string head_;
  std::string body_;
  std::size_t written_ = 0;
  std::function<void()> after_write_;
  HttpBodySource source_;
  Executor worker_;
  bool chunked_ = false;

  bool head_only_ = false;  // answer to HEAD
  bool http10_ = false;
  bool keep_alive_ = true;
  bool idle_ = true;
  bool draining_ = false;
  bool handling_ = false;
  std::size_t discarded_ = 0;
};

}  // namespace pugmark
