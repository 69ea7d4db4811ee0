// A collector that answers as a test wants: in this process, over real gRPC.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector.pb.h"
#include "sampling.pb.h"

namespace pugmark::testing {

// A gRPC status code and message.
struct Verdict {
  int code = 0;
  std::string message;
};

// Thread safety: all methods may be called concurrently.
class FakeCollector {
 public:
  // 0 takes any free port. With TLS it shows the certificate of tests/testdata/tls.
  explicit FakeCollector(std::uint16_t port = 0, bool tls = false);
  ~FakeCollector();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port()); }

  // What the n-th call to PostSpans (from 0) is answered; by default OK.
  void AnswerWith(std::function<Verdict(int call)> verdict);
  // Leaves calls unanswered until Release.
  void HoldCalls();
  void Release();
  // Puts that many bytes into each reply.
  void PadReplies(std::size_t bytes);
  // What GetSamplingStrategy answers; by default UNIMPLEMENTED.
  void AnswerSamplingWith(
      std::function<Verdict(const std::string& service, jaeger::api_v2::SamplingStrategyResponse&)>
          verdict);

  // PostSpans calls that have come in, answered or not.
  [[nodiscard]] int calls() const;
  // Requests that were answered with OK, in their order.
  [[nodiscard]] std::vector<jaeger::api_v2::PostSpansRequest> accepted() const;
  [[nodiscard]] std::size_t accepted_spans() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A port that accepts TCP connections and never says a word.
class BlackHole {
 public:
  BlackHole();
  ~BlackHole();
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int socket_;
  std::uint16_t port_;
};

// A TCP port of 127.0.0.1 that was free a moment ago.
std::uint16_t FreeTcpPort();

}  // namespace pugmark::testing
