// Collects spans by service and encodes a message once a service has enough of them, as the client
// library in each service would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/model/arena.h"
#include "common/model/span.h"
#include "deploy/tracegen/options.h"
#include "deploy/tracegen/topology.h"
#include "deploy/tracegen/trace_generator.h"

namespace pugmark::tracegen {

struct Message {
  std::string bytes;
  std::vector<std::uint64_t> traces;  // the trace number of each span
};

// Thread safety: one thread.
class MessageBuilder : public SpanSink {
 public:
  using Handler = std::function<void(Message&&)>;

  // Messages hold at most `batch` spans, and over UDP at most 65,000 bytes (the agent's limit).
  MessageBuilder(const Topology& topology, Protocol protocol, std::size_t batch, Handler handler);

  Arena& ArenaOf(std::size_t service) override;
  void Add(std::size_t service, const Span& span, std::uint64_t trace_number) override;
  // Hands over what is left.
  void Flush();

 private:
  struct Pending {
    std::optional<Arena> arena;
    std::vector<Span> spans;
    std::vector<std::uint64_t> traces;
  };

  void FlushService(std::size_t service);
  void Encode(const Resource& resource, std::span<const Span> spans,
              std::span<const std::uint64_t> traces);

  const Topology& topology_;
  const Protocol protocol_;
  const std::size_t batch_;
  const Handler handler_;
  std::vector<Pending> pending_;  // by service
  std::vector<Resource> resources_;
  std::int32_t sequence_ = 0;
};

}  // namespace pugmark::tracegen
