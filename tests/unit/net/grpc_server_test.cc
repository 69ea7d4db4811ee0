#include "common/net/grpc_server.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>

#include "collector.grpc.pb.h"

namespace pugmark {
namespace {

using RawCollector = jaeger::api_v2::CollectorService::WithRawCallbackMethod_PostSpans<
    jaeger::api_v2::CollectorService::Service>;

// Answers every message with the same bytes.
class EchoService : public RawCollector {
 public:
  grpc::ServerUnaryReactor* PostSpans(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override {
    *response = ToByteBuffer(ToContiguous(*request));
    auto* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// One raw unary call; the reply's bytes, or the status in `status`.
std::string Call(std::uint16_t port, const std::string& method, std::string_view message,
                 grpc::Status& status) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  const auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                                 grpc::InsecureChannelCredentials(), arguments);
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, method, ToByteBuffer(message), &queue);
  call->StartCall();
  grpc::ByteBuffer reply;
  call->Finish(&reply, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status.ok() ? ToContiguous(reply) : std::string();
}

std::unique_ptr<GrpcServer> StartEcho(EchoService& service) {
  GrpcServerOptions options;
  options.address = {"127.0.0.1", 0};
  auto server =
      GrpcServer::Start("test.grpc", options, {&service}, {"jaeger.api_v2.CollectorService"});
  REQUIRE(server.ok());
  return *std::move(server);
}

constexpr char kPostSpans[] = "/jaeger.api_v2.CollectorService/PostSpans";
constexpr char kHealth[] = "/grpc.health.v1.Health/Check";

}  // namespace

TEST_CASE("grpc server: raw messages, empty, small and of many slices", "[net]") {
  EchoService service;
  const auto server = StartEcho(service);
  const auto size = GENERATE(0, 1, 1000, 3'000'000);
  CAPTURE(size);
  std::string message(static_cast<std::size_t>(size), 'm');
  if (size > 100) {
    message[99] = 'x';
  }
  grpc::Status status;
  CHECK(Call(server->port(), kPostSpans, message, status) == message);
  CHECK(status.ok());
}

TEST_CASE("grpc server: a message beyond the limit is RESOURCE_EXHAUSTED", "[net]") {
  EchoService service;
  const auto server = StartEcho(service);
  grpc::Status status;
  Call(server->port(), kPostSpans, std::string((4U << 20) + 1, 'x'), status);
  CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE("grpc server: health of the server and of a named service", "[net]") {
  EchoService service;
  const auto server = StartEcho(service);
  grpc::Status status;
  const std::string serving = "\x08\x01";
  CHECK(Call(server->port(), kHealth, "", status) == serving);
  CHECK(Call(server->port(), kHealth, "\x0a\x1ejaeger.api_v2.CollectorService", status) == serving);
  Call(server->port(), kHealth, "\x0a\x04none", status);
  CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("grpc server: a taken port is an error that names it", "[net]") {
  EchoService service;
  const auto server = StartEcho(service);
  EchoService other;
  GrpcServerOptions options;
  options.address = {"127.0.0.1", server->port()};
  const auto second = GrpcServer::Start("collector.grpc-server", options, {&other}, {});
  REQUIRE_FALSE(second.ok());
  CHECK_THAT(second.error().message, Catch::Contains(std::to_string(server->port())) &&
                                         Catch::Contains("--collector.grpc-server.host-port"));
}

TEST_CASE("grpc server: after a stop nothing is answered, and stopping again is harmless",
          "[net]") {
  EchoService service;
  const auto server = StartEcho(service);
  server->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(1));
  server->Stop(std::chrono::steady_clock::now());
  grpc::Status status;
  Call(server->port(), kPostSpans, "x", status);
  CHECK_FALSE(status.ok());
}

}  // namespace pugmark
