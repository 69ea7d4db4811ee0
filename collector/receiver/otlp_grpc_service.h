// gRPC: opentelemetry.proto.collector.trace.v1.TraceService on 4317. Messages reach our decoder as
// raw bytes.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "collector/pipeline/intake.h"
#include "common/net/io_runtime.h"

namespace pugmark {

// Calls are finished on a thread of `runtime`. Both outlive the service.
std::unique_ptr<grpc::Service> MakeOtlpGrpcService(Intake& intake, IoRuntime& runtime);

}  // namespace pugmark
