#include "collector/receiver/post_spans_service.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "collector.grpc.pb.h"
#include "common/net/grpc_server.h"
#include "proto/codec/api_v2_decoder.h"

namespace pugmark {
namespace {

using RawCollectorService = jaeger::api_v2::CollectorService::WithRawCallbackMethod_PostSpans<
    jaeger::api_v2::CollectorService::Service>;

// Busy is RESOURCE_EXHAUSTED, as Jaeger's own full queue would be, but for a store or a process
// that is going away: agents then turn to another collector.
grpc::Status ToStatus(const IngestResult& result) {
  if (result.outcome == IngestOutcome::kStored) {
    return grpc::Status::OK;
  }
  if (result.outcome == IngestOutcome::kMalformed) {
    return ToGrpcStatus(Error(result.error).Wrap("PostSpans"));
  }
  return ToGrpcStatus(result.error);
}

class PostSpansService : public RawCollectorService {
 public:
  PostSpansService(Intake& intake, IoRuntime& runtime) : intake_(intake), runtime_(runtime) {}

  // Always answers with the empty message.
  grpc::ServerUnaryReactor* PostSpans(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    *response = ToByteBuffer({});
    auto share = intake_.Admit(request->Length());
    if (share == nullptr) {
      reactor->Finish(ToStatus(Intake::NotAdmitted()));
      return reactor;
    }
    intake_.Accept(
        {ToContiguous(*request), {}, std::move(share)}, &DecodePostSpansRequest,
        [this, reactor](const IngestResult& result) {
          runtime_.Post([reactor, status = ToStatus(result)] { reactor->Finish(status); });
        });
    return reactor;
  }

 private:
  Intake& intake_;
  IoRuntime& runtime_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakePostSpansService(Intake& intake, IoRuntime& runtime) {
  return std::make_unique<PostSpansService>(intake, runtime);
}

}  // namespace pugmark
