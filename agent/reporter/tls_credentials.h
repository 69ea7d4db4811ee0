// Credentials of a gRPC client from the options reporter.grpc.tls.*.
#pragma once

#include <grpcpp/security/credentials.h>

#include <memory>

#include "agent/config.h"
#include "common/base/result.h"

namespace pugmark {

// Plain text when TLS is not enabled. Certificates are read again when their files change.
// kInvalidArgument for a file that cannot be read, naming its option.
Result<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const TlsClientConfig& config);

}  // namespace pugmark
