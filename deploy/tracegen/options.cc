#include "deploy/tracegen/options.h"

#include <array>
#include <string_view>
#include <utility>

namespace pugmark::tracegen {
namespace {

struct ProtocolRow {
  std::string_view name;
  Protocol protocol;
  std::uint16_t port;
};

constexpr std::array<ProtocolRow, 4> kProtocols = {{
    {"grpc", Protocol::kGrpc, 14250},
    {"http-thrift", Protocol::kHttpThrift, 14268},
    {"udp-compact", Protocol::kUdpCompact, 6831},
    {"udp-binary", Protocol::kUdpBinary, 6832},
}};

// Traces of a run that was given neither a number nor a time: enough to look at.
constexpr std::size_t kDemoTraces = 100;
constexpr Nanoseconds kDemoSpread = std::chrono::minutes(5);

Status CheckRange(std::string_view name, std::size_t value, std::size_t least, std::size_t most) {
  if (value >= least && value <= most) {
    return {};
  }
  return InvalidArgument("--" + std::string(name) + ": want " + std::to_string(least) + " to " +
                         std::to_string(most) + ", got " + std::to_string(value));
}

}  // namespace

void Options::RegisterOptions(OptionSet& options) {
  options.Add("protocol", protocol, "grpc, http-thrift, udp-compact or udp-binary");
  options.Add("target", target,
              "host:port to send to (the protocol's port on localhost when empty)");
  options.Add("services", services, "number of services");
  options.Add("operations", operations, "operations of each service");
  options.Add("spans-per-trace", spans_per_trace, "spans of each trace");
  options.Add("depth", depth, "levels of a trace, the root counted");
  options.Add("attributes", attributes, "attributes (tags) of each span");
  options.Add("traces", traces,
              "traces to send (0: until --duration ends, or 100 demo traces without one)");
  options.Add("duration", duration, "how long to send (0s: until --traces were sent)");
  options.Add("spread", spread, "start times lie within this time before now");
  options.Add("rate", rate, "spans a second over all connections (0: as fast as it goes)");
  options.Add("batch", batch, "most spans of a message; a message holds spans of one service");
  options.Add("connections", connections, "senders at work at once, each waiting for its answer");
  options.Add("seed", seed, "the same seed gives the same traces but for their times");
  options.Add("json", json, "print the result as one line of JSON");
  options.Add("ids-file", ids_file,
              "write a line for each trace: its id, its spans, and how many were acknowledged");
}

Status Options::Finish() {
  const ProtocolRow* chosen = nullptr;
  for (const ProtocolRow& row : kProtocols) {
    if (row.name == protocol) {
      chosen = &row;
    }
  }
  if (chosen == nullptr) {
    return InvalidArgument("--protocol: want grpc, http-thrift, udp-compact or udp-binary, got " +
                           protocol);
  }
  protocol_kind_ = chosen->protocol;
  if (target.port == 0) {
    target.port = chosen->port;
  }
  if (target.host.empty()) {
    target.host = "localhost";
  }
  for (const auto& [name, value, least, most] :
       {std::tuple{"services", services, 1, 100'000},
        std::tuple{"operations", operations, 1, 10'000},
        std::tuple{"spans-per-trace", spans_per_trace, 1, 1'000'000},
        std::tuple{"depth", depth, 1, 10'000}, std::tuple{"attributes", attributes, 1, 1'000},
        std::tuple{"batch", batch, 1, 10'000}, std::tuple{"connections", connections, 1, 1'000}}) {
    if (auto status = CheckRange(name, value, static_cast<std::size_t>(least),
                                 static_cast<std::size_t>(most));
        !status) {
      return status;
    }
  }
  if (depth == 1 && spans_per_trace > 1) {
    return InvalidArgument("--depth: a trace of several spans has at least 2 levels, got 1");
  }
  if (rate < 0 || duration < Nanoseconds(0) || spread < Nanoseconds(0)) {
    return InvalidArgument("--rate, --duration and --spread: want no negative value");
  }
  if (traces == 0 && duration == Nanoseconds(0)) {
    traces = kDemoTraces;
    spread = spread == Nanoseconds(0) ? kDemoSpread : spread;
  }
  return {};
}

}  // namespace pugmark::tracegen
