// Options of pugmark-tracegen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/config/option_set.h"
#include "common/net/host_port.h"

namespace pugmark::tracegen {

enum class Protocol { kUdpCompact, kUdpBinary, kHttpThrift, kGrpc };

struct Options {
  std::string protocol = "grpc";
  HostPort target;  // port 0: the protocol's own
  std::size_t services = 10;
  std::size_t operations = 8;  // of a service
  std::size_t spans_per_trace = 12;
  std::size_t depth = 5;        // levels of a trace, the root counted
  std::size_t attributes = 10;  // of a span
  std::size_t traces = 0;       // 0: until `duration` ends, or 100 without one
  Nanoseconds duration{0};      // 0: until `traces` were sent
  Nanoseconds spread{0};        // start times lie within this time before now
  double rate = 0;              // spans a second over all connections; 0: as fast as it goes
  std::size_t batch = 50;       // spans of one service in a message, at most
  std::size_t connections = 4;
  std::size_t seed = 1;
  bool json = false;
  std::string ids_file;  // "": none is written

  void RegisterOptions(OptionSet& options);
  // Checks ranges and fills in what depends on other values. kInvalidArgument names the option.
  Status Finish();

  // Valid after Finish.
  [[nodiscard]] Protocol protocol_kind() const { return protocol_kind_; }

 private:
  Protocol protocol_kind_ = Protocol::kGrpc;
};

}  // namespace pugmark::tracegen
