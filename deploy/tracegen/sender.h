// Sends encoded messages over one connection and says what became of each.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/net/host_port.h"
#include "deploy/tracegen/options.h"

namespace pugmark::tracegen {

enum class Outcome {
  kAcknowledged,
  kSent,     // the protocol has no answer (UDP)
  kRefused,  // the server said no
  kFailed,   // no connection, or no answer in time
};

struct SendResult {
  Outcome outcome;
  std::string reason;  // of kRefused and kFailed
};

// Thread safety: one thread.
class Sender {
 public:
  virtual ~Sender() = default;
  // Blocks until the answer is there, at most kAnswerSeconds.
  virtual SendResult Send(std::string_view message) = 0;

  static constexpr int kAnswerSeconds = 30;
};

// kInvalidArgument where the name of the host cannot be resolved.
Result<std::unique_ptr<Sender>> MakeUdpSender(const HostPort& target);
// POST /api/traces?format=jaeger.thrift; connects again when the server closed the connection.
std::unique_ptr<Sender> MakeHttpSender(const HostPort& target);
// jaeger.api_v2.CollectorService/PostSpans over a channel of its own.
std::unique_ptr<Sender> MakeGrpcSender(const HostPort& target);

Result<std::unique_ptr<Sender>> MakeSender(Protocol protocol, const HostPort& target);

}  // namespace pugmark::tracegen
