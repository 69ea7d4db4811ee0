#include "deploy/tracegen/sender.h"

namespace pugmark::tracegen {

Result<std::unique_ptr<Sender>> MakeSender(Protocol protocol, const HostPort& target) {
  switch (protocol) {
    case Protocol::kUdpCompact:
    case Protocol::kUdpBinary:
      return MakeUdpSender(target);
    case Protocol::kHttpThrift:
      return MakeHttpSender(target);
    case Protocol::kGrpc:
      break;
  }
  return MakeGrpcSender(target);
}

}  // namespace pugmark::tracegen
