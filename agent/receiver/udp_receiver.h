// One UDP port of the agent: a thread that empties the socket into a bounded queue, and workers
// that decode what is in it. It never answers.
//
// A full queue drops the datagram; the kernel drops datagrams when its own buffer is full, which
// is counted too.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "agent/config.h"
#include "agent/receiver/datagram_decoder.h"
#include "common/base/result.h"

namespace pugmark {

// Thread safety: all methods may be called concurrently.
class UdpReceiver {
 public:
  // Binds and starts. At most `max_queue_bytes` of datagrams wait. kUnavailable when the port is
  // taken.
  static Result<std::unique_ptr<UdpReceiver>> Start(const ProcessorConfig& config,
                                                    std::size_t max_queue_bytes,
                                                    const SharedParts& shared);
  ~UdpReceiver();

  [[nodiscard]] std::uint16_t port() const;
  // Takes what the kernel still holds, reads no more and waits until the queue is decoded; at
  // `deadline` the rest of the queue is dropped and counted. May be called twice.
  void Stop(std::chrono::steady_clock::time_point deadline);

  // Facts for /debug/vars: a JSON object.
  [[nodiscard]] std::string DebugJson() const;

 private:
  class Impl;
  explicit UdpReceiver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pugmark
