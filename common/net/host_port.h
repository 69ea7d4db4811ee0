// Addresses to listen on and to call, as Jaeger's flags spell them: ":14268", "14268",
// "host:14268", "[::1]:14268".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pugmark {

struct HostPort {
  std::string host;  // "" for all interfaces (listening) or localhost (calling)
  std::uint16_t port = 0;

  // "" gives port 0 of all interfaces. Values of Kubernetes service links ("tcp://...") are an
  // error that says so.
  static Result<HostPort> Parse(std::string_view text);
  // "host:port", IPv6 hosts in brackets.
  [[nodiscard]] std::string ToString() const;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

}  // namespace pugmark
