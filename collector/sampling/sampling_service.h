// gRPC: jaeger.api_v2.SamplingManager.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "collector/sampling/strategy_provider.h"

namespace pugmark {

// `provider` outlives the service.
std::unique_ptr<grpc::Service> MakeSamplingService(const StrategyProvider& provider);

}  // namespace pugmark
