// Unary gRPC calls, with messages as bytes, to one or several collectors.
//
// Several collectors are used in turn, those that are connected before the others. Connections are
// made again within two seconds of a collector's return, and a silent peer is given up after
// fifteen seconds (keepalive).
//
// Threads: one of its own runs the ends of calls.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/config.h"
#include "common/base/result.h"
#include "common/metrics/metrics.h"

namespace pugmark {

// A message in pieces that are sent one after the other and shared with gRPC until it has let go of
// them, which may be after the end of the call.
using MessagePieces = std::vector<std::shared_ptr<const std::string>>;

// Thread safety: all methods may be called concurrently.
class CollectorClient {
 public:
  // The reply, or gRPC's code and message. Runs on the client's thread and must not block.
  using CallDone = std::function<void(Result<std::string> reply)>;

  // Starts to connect. kInvalidArgument for a target that is none.
  static Result<std::unique_ptr<CollectorClient>> Create(const ReporterConfig& config,
                                                         Metrics& metrics);
  ~CollectorClient();

  // The connected collector whose turn it is; another than `avoid` where there is one. Nothing when
  // none is connected.
  std::optional<std::size_t> PickConnected(std::optional<std::size_t> avoid = std::nullopt);
  // The same, or any collector when none is connected.
  std::size_t Pick();

  // Calls `method` ("/package.Service/Method") and then `done`, exactly once. Without a connection
  // the call fails at once. After Stop it fails too.
  void Call(std::size_t collector, const char* method, const MessagePieces& request,
            std::chrono::milliseconds timeout, CallDone done);

  // Looks at the connections, makes idle ones connect, and keeps the metrics of section
  // connection_status up to date.
  void CheckConnections();

  // As the operator gave them: "a:14250,b:14250".
  [[nodiscard]] const std::string& target() const;

  // Cancels the calls under way and waits for their ends. May be called twice.
  void Stop();

 private:
  class Impl;
  explicit CollectorClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pugmark
