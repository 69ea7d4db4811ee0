#include "tests/unit/agent/fake_collector.h"

#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>

#include "collector.grpc.pb.h"
#include "sampling.grpc.pb.h"

namespace pugmark::testing {
namespace {

using jaeger::api_v2::PostSpansRequest;
using jaeger::api_v2::PostSpansResponse;
using jaeger::api_v2::SamplingStrategyParameters;
using jaeger::api_v2::SamplingStrategyResponse;

grpc::Status ToStatus(const Verdict& verdict) {
  return {static_cast<grpc::StatusCode>(verdict.code), verdict.message};
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<grpc::ServerCredentials> TlsServerCredentials() {
  const std::string folder = PUGMARK_TESTDATA "/tls/";
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back(
      {ReadFile(folder + "server-key.pem"), ReadFile(folder + "server.pem")});
  return grpc::SslServerCredentials(options);
}

int ListenOnLoopback(std::uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket, any, length) != 0 || ::listen(socket, 16) != 0 ||
      ::getsockname(socket, any, &length) != 0) {
    throw std::runtime_error("no port to listen on");
  }
  port = ntohs(address.sin_port);
  return socket;
}

}  // namespace

struct FakeCollector::Impl : jaeger::api_v2::CollectorService::Service,
                             jaeger::api_v2::SamplingManager::Service {
  grpc::Status PostSpans(grpc::ServerContext* context, const PostSpansRequest* request,
                         PostSpansResponse* response) override {
    std::unique_lock lock(mutex);
    const int call = calls++;
    released.wait(lock, [this] { return !held; });
    if (padding > 0) {
      response->GetReflection()->MutableUnknownFields(response)->AddLengthDelimited(
          1, std::string(padding, 'p'));
    }
    const Verdict answer = verdict ? verdict(call) : Verdict();
    if (answer.code == 0 && !context->IsCancelled()) {
      accepted.push_back(*request);
    }
    return ToStatus(answer);
  }

  grpc::Status GetSamplingStrategy(grpc::ServerContext* /*context*/,
                                   const SamplingStrategyParameters* request,
                                   SamplingStrategyResponse* response) override {
    const std::lock_guard lock(mutex);
    return ToStatus(sampling ? sampling(request->servicename(), *response)
                             : Verdict{grpc::UNIMPLEMENTED, "no strategies"});
  }

  mutable std::mutex mutex;
  std::condition_variable released;
  bool held = false;
  int calls = 0;
  std::size_t padding = 0;
  std::function<Verdict(int)> verdict;
  std::function<Verdict(const std::string&, SamplingStrategyResponse&)> sampling;
  std::vector<PostSpansRequest> accepted;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
};

FakeCollector::FakeCollector(std::uint16_t port, bool tls) : impl_(std::make_unique<Impl>()) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port),
                           tls ? TlsServerCredentials() : grpc::InsecureServerCredentials(),
                           &impl_->port);
  builder.RegisterService(static_cast<jaeger::api_v2::CollectorService::Service*>(impl_.get()));
  builder.RegisterService(static_cast<jaeger::api_v2::SamplingManager::Service*>(impl_.get()));
  impl_->server = builder.BuildAndStart();
  if (impl_->server == nullptr || impl_->port == 0) {
    throw std::runtime_error("the fake collector cannot listen");
  }
}

FakeCollector::~FakeCollector() {
  Release();
  impl_->server->Shutdown(std::chrono::system_clock::now());
}

std::uint16_t FakeCollector::port() const { return static_cast<std::uint16_t>(impl_->port); }

void FakeCollector::AnswerWith(std::function<Verdict(int call)> verdict) {
  const std::lock_guard lock(impl_->mutex);
  impl_->verdict = std::move(verdict);
}

void FakeCollector::HoldCalls() {
  const std::lock_guard lock(impl_->mutex);
  impl_->held = true;
}

void FakeCollector::Release() {
  const std::lock_guard lock(impl_->mutex);
  impl_->held = false;
  impl_->released.notify_all();
}

void FakeCollector::PadReplies(std::size_t bytes) {
  const std::lock_guard lock(impl_->mutex);
  impl_->padding = bytes;
}

void FakeCollector::AnswerSamplingWith(
    std::function<Verdict(const std::string&, SamplingStrategyResponse&)> verdict) {
  const std::lock_guard lock(impl_->mutex);
  impl_->sampling = std::move(verdict);
}

int FakeCollector::calls() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->calls;
}

std::vector<PostSpansRequest> FakeCollector::accepted() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->accepted;
}

std::size_t FakeCollector::accepted_spans() const {
  std::size_t spans = 0;
  for (const PostSpansRequest& request : accepted()) {
    spans += static_cast<std::size_t>(request.batch().spans_size());
  }
  return spans;
}

BlackHole::BlackHole() : socket_(ListenOnLoopback(port_)) {}
BlackHole::~BlackHole() { ::close(socket_); }

std::uint16_t FreeTcpPort() {
  std::uint16_t port = 0;
  ::close(ListenOnLoopback(port));
  return port;
}

}  // namespace pugmark::testing
