// A gRPC server with the standard health and reflection services.
//
// Threads: gRPC's own; services use the callback API and do not block in reactions.
#pragma once

#include <grpcpp/impl/codegen/byte_buffer.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/impl/codegen/status.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/host_port.h"

namespace grpc {
class Server;
}

namespace pugmark {

struct GrpcServerOptions {
  HostPort address;
  int max_message_bytes = 4 << 20;
  Nanoseconds max_connection_age{0};        // 0: no limit
  Nanoseconds max_connection_age_grace{0};  // 0: no limit
};

class GrpcServer {
 public:
  // Binds and starts; `services` outlive the server. The health service answers SERVING for "" and
  // each of `health_names`. kUnavailable when the address is taken, naming it and `name`
  // ("collector.grpc-server").
  static Result<std::unique_ptr<GrpcServer>> Start(std::string_view name,
                                                   const GrpcServerOptions& options,
                                                   const std::vector<grpc::Service*>& services,
                                                   const std::vector<std::string>& health_names);
  ~GrpcServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Health turns NOT_SERVING, calls under way may finish until `deadline`, then they are cancelled.
  // May be called twice.
  void Stop(std::chrono::steady_clock::time_point deadline);

 private:
  GrpcServer(std::unique_ptr<grpc::Server> server, std::uint16_t port);
  std::unique_ptr<grpc::Server> server_;
  std::uint16_t port_;
};

// The message of a raw method as one contiguous string; "" for an empty one. Copies once.
std::string ToContiguous(const grpc::ByteBuffer& buffer);
grpc::ByteBuffer ToByteBuffer(std::string_view message);
// The same code and message.
grpc::Status ToGrpcStatus(const Error& error);

}  // namespace pugmark
