#include "common/net/host_port.h"

#include <charconv>
#include <system_error>

#include "common/base/go_number.h"

namespace pugmark {
namespace {

bool ParsePort(std::string_view text, std::uint16_t& port) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && code == std::errc() && end == text.data() + text.size();
}

Error Malformed(std::string_view text) {
  return InvalidArgument("want host:port, :port or a bare port from 0 to 65535, got " +
                         GoQuote(text));
}

}  // namespace

Result<HostPort> HostPort::Parse(std::string_view text) {
  HostPort parsed;
  if (text.empty()) {
    return parsed;
  }
  if (text.starts_with("tcp://")) {
    return InvalidArgument("want host:port, got the Kubernetes service link " + GoQuote(text) +
                           " (set enableServiceLinks: false in the pod)");
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    if (!ParsePort(text, parsed.port)) {
      return Malformed(text);
    }
    return parsed;
  }
  std::string_view host = text.substr(0, colon);
  if (!host.empty() && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return Malformed(text);  // an IPv6 address without brackets
  }
  if (!ParsePort(text.substr(colon + 1), parsed.port)) {
    return Malformed(text);
  }
  parsed.host = host;
  return parsed;
}

std::string HostPort::ToString() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace pugmark
