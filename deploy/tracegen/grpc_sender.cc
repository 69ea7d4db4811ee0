#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <future>

#include "deploy/tracegen/sender.h"

namespace pugmark::tracegen {
namespace {

constexpr const char* kPostSpans = "/jaeger.api_v2.CollectorService/PostSpans";

class GrpcSender : public Sender {
 public:
  explicit GrpcSender(const HostPort& target) : stub_(MakeChannel(target)) {}

  SendResult Send(std::string_view message) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(kAnswerSeconds));
    const grpc::Slice slice(message.data(), message.size());
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> done;
    stub_.UnaryCall(&context, kPostSpans, {}, &request, &response,
                    [&done](grpc::Status status) { done.set_value(std::move(status)); });
    const grpc::Status status = done.get_future().get();
    if (status.ok()) {
      return {Outcome::kAcknowledged, {}};
    }
    const bool no_answer = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                           status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
    return {no_answer ? Outcome::kFailed : Outcome::kRefused,
            "gRPC status " + std::to_string(status.error_code()) + ": " + status.error_message()};
  }

 private:
  static std::shared_ptr<grpc::Channel> MakeChannel(const HostPort& target) {
    grpc::ChannelArguments arguments;
    // Channels to the same address would share one connection otherwise.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(target.ToString(), grpc::InsecureChannelCredentials(),
                                     arguments);
  }

  grpc::GenericStub stub_;
};

}  // namespace

std::unique_ptr<Sender> MakeGrpcSender(const HostPort& target) {
  return std::make_unique<GrpcSender>(target);
}

}  // namespace pugmark::tracegen
