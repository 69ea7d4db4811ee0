#include "collector/receiver/otlp_grpc_service.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "collector/receiver/otlp_answers.h"
#include "common/net/grpc_server.h"
#include "otlp/trace_service.grpc.pb.h"
#include "proto/codec/otlp_decoder.h"

namespace pugmark {
namespace {

using TraceService = opentelemetry::proto::collector::trace::v1::TraceService;
using RawTraceService = TraceService::WithRawCallbackMethod_Export<TraceService::Service>;

// Whatever may be tried again is UNAVAILABLE with RetryInfo: OTLP clients take nothing else so.
grpc::Status ToStatus(const IngestResult& result) {
  switch (result.outcome) {
    case IngestOutcome::kStored:
      return grpc::Status::OK;
    case IngestOutcome::kBusy: {
      const Error error = Unavailable(result.error.message);
      return {grpc::StatusCode::UNAVAILABLE, error.message,
              OtlpRetryStatus(error, result.retry_after)};
    }
    case IngestOutcome::kMalformed:
    case IngestOutcome::kTooLarge:
    case IngestOutcome::kFailed:
      break;
  }
  return ToGrpcStatus(result.error);
}

class OtlpGrpcService : public RawTraceService {
 public:
  OtlpGrpcService(Intake& intake, IoRuntime& runtime) : intake_(intake), runtime_(runtime) {}

  grpc::ServerUnaryReactor* Export(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    auto share = intake_.Admit(request->Length());
    if (share == nullptr) {
      reactor->Finish(ToStatus(Intake::NotAdmitted()));
      return reactor;
    }
    // `response` lives until the call is finished.
    intake_.Accept(
        {ToContiguous(*request), {}, std::move(share)}, &DecodeOtlp,
        [this, reactor, response](const IngestResult& result) {
          *response = ToByteBuffer(OtlpResponse(OtlpEncoding::kProtobuf, result.rejected));
          runtime_.Post([reactor, status = ToStatus(result)] { reactor->Finish(status); });
        });
    return reactor;
  }

 private:
  Intake& intake_;
  IoRuntime& runtime_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeOtlpGrpcService(Intake& intake, IoRuntime& runtime) {
  return std::make_unique<OtlpGrpcService>(intake, runtime);
}

}  // namespace pugmark
