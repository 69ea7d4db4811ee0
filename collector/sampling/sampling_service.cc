#include "collector/sampling/sampling_service.h"

#include <grpcpp/grpcpp.h>

#include "sampling.grpc.pb.h"

namespace pugmark {
namespace {

class SamplingService : public jaeger::api_v2::SamplingManager::CallbackService {
 public:
  explicit SamplingService(const StrategyProvider& provider) : provider_(provider) {}

  grpc::ServerUnaryReactor* GetSamplingStrategy(
      grpc::CallbackServerContext* context,
      const jaeger::api_v2::SamplingStrategyParameters* request,
      jaeger::api_v2::SamplingStrategyResponse* response) override {
    *response = provider_.GetStrategy(request->servicename());
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const StrategyProvider& provider_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSamplingService(const StrategyProvider& provider) {
  return std::make_unique<SamplingService>(provider);
}

}  // namespace pugmark
