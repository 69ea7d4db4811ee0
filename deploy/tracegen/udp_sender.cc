#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "deploy/tracegen/sender.h"

namespace pugmark::tracegen {
namespace {

class UdpSender : public Sender {
 public:
  explicit UdpSender(int socket) : socket_(socket) {}
  ~UdpSender() override { ::close(socket_); }
  UdpSender(const UdpSender&) = delete;
  UdpSender& operator=(const UdpSender&) = delete;

  SendResult Send(std::string_view message) override {
    // A connected socket reports the "port unreachable" of an earlier datagram once; that says that
    // nobody listens, and the datagram at hand was not sent.
    if (::send(socket_, message.data(), message.size(), 0) < 0) {
      return {Outcome::kFailed, std::strerror(errno)};
    }
    return {Outcome::kSent, {}};
  }

 private:
  const int socket_;
};

}  // namespace

Result<std::unique_ptr<Sender>> MakeUdpSender(const HostPort& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int status =
      ::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
  if (status != 0) {
    return InvalidArgument("--target: cannot resolve " + target.host + ": " + gai_strerror(status));
  }
  // Our agent listens on all addresses, but one on 127.0.0.1 alone would miss what goes to ::1.
  addrinfo* chosen = found;
  for (addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) {
      chosen = entry;
      break;
    }
  }
  const int socket = ::socket(chosen->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool connected = socket >= 0 && ::connect(socket, chosen->ai_addr, chosen->ai_addrlen) == 0;
  const int error = errno;
  ::freeaddrinfo(found);
  if (!connected) {
    if (socket >= 0) {
      ::close(socket);
    }
    return Unavailable("cannot send to " + target.ToString() + ": " + std::strerror(error));
  }
  return std::unique_ptr<Sender>(new UdpSender(socket));
}

}  // namespace pugmark::tracegen
