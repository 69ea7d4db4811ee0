#include "common/net/grpc_server.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <utility>

namespace pugmark {
namespace {

constexpr int kMostThreads = 64;
constexpr int kMostStreamsPerConnection = 1000;  // many tracers share a proxy's connection
constexpr int kLeastPingIntervalMs = 10'000;
// The same as Go's and Jaeger's default window would allow many times over; bounds what gRPC itself
// buffers.
constexpr std::size_t kBufferedBytes = std::size_t{256} << 20;

int ToMillis(Nanoseconds duration) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

void SetOptions(grpc::ServerBuilder& builder, const GrpcServerOptions& options) {
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  // A taken port must be an error, not a second listener.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreamsPerConnection);
  // Jaeger's clients ping idle connections; without these they would be turned away.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kLeastPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  if (options.max_connection_age.count() > 0) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                               ToMillis(options.max_connection_age));
  }
  if (options.max_connection_age_grace.count() > 0) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                               ToMillis(options.max_connection_age_grace));
  }
  grpc::ResourceQuota quota("pugmark");
  quota.Resize(kBufferedBytes);
  quota.SetMaxThreads(kMostThreads);
  builder.SetResourceQuota(quota);
}

}  // namespace

GrpcServer::GrpcServer(std::unique_ptr<grpc::Server> server, std::uint16_t port)
    : server_(std::move(server)), port_(port) {}

GrpcServer::~GrpcServer() { Stop(std::chrono::steady_clock::now()); }

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    std::string_view name, const GrpcServerOptions& options,
    const std::vector<grpc::Service*>& services, const std::vector<std::string>& health_names) {
  static const bool plugins = [] {  // once per process, before the first server
    // Debian's build of Abseil looks for deadlocks at each lock that gRPC takes: a few percent of a
    // server's time.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(plugins);
  grpc::ServerBuilder builder;
  SetOptions(builder, options);
  const std::string address = options.address.host.empty()
                                  ? "[::]:" + std::to_string(options.address.port)
                                  : options.address.ToString();
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  for (grpc::Service* const service : services) {
    builder.RegisterService(service);
  }
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port <= 0) {
    return Unavailable(std::string(name) + ": cannot listen on " + options.address.ToString() +
                       ": address in use or not available (choose another with --" +
                       std::string(name) + ".host-port)");
  }
  if (auto* const health = server->GetHealthCheckService()) {
    for (const std::string& health_name : health_names) {
      health->SetServingStatus(health_name, true);
    }
  }
  return std::unique_ptr<GrpcServer>(
      new GrpcServer(std::move(server), static_cast<std::uint16_t>(port)));
}

void GrpcServer::Stop(std::chrono::steady_clock::time_point deadline) {
  if (server_ == nullptr) {
    return;
  }
  if (auto* const health = server_->GetHealthCheckService()) {
    health->SetServingStatus(false);
  }
  // gRPC reads deadlines on the wall clock.
  server_->Shutdown(std::chrono::system_clock::now() +
                    (deadline - std::chrono::steady_clock::now()));
  server_.reset();
}

std::string ToContiguous(const grpc::ByteBuffer& buffer) {
  std::string message;
  grpc::Slice single;
  if (buffer.TrySingleSlice(&single).ok()) {
    message.assign(reinterpret_cast<const char*>(single.begin()), single.size());
    return message;
  }
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) {
    return message;
  }
  message.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    message.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return message;
}

grpc::ByteBuffer ToByteBuffer(std::string_view message) {
  const grpc::Slice slice(message.data(), message.size());
  return {&slice, 1};
}

grpc::Status ToGrpcStatus(const Error& error) {
  return {static_cast<grpc::StatusCode>(error.code), error.message};
}

}  // namespace pugmark
