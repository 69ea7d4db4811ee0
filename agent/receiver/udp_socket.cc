#include "agent/receiver/udp_socket.h"

#include <linux/sock_diag.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace pugmark {
namespace {

// Closes on every way out of Bind but the last.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  [[nodiscard]] int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct AddressListDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

// The kernel answers with twice what it was asked for: half is its own bookkeeping (socket(7)).
int GrantedBytes(int socket) {
  int granted = 0;
  socklen_t length = sizeof granted;
  return ::getsockopt(socket, SOL_SOCKET, SO_RCVBUF, &granted, &length) == 0 ? granted / 2 : 0;
}

void AskForBuffer(int socket, int bytes) {
  // The first ignores net.core.rmem_max and needs CAP_NET_ADMIN.
  if (::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
}

std::uint16_t BoundPort(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return 0;
  }
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

int OpenAndBind(int family, const sockaddr* address, socklen_t length) {
  FileDescriptor socket(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) {
    return -1;
  }
  if (family == AF_INET6) {
    const int off = 0;  // all interfaces of both families
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  return ::bind(socket.get(), address, length) == 0 ? socket.release() : -1;
}

// "" binds all interfaces, also on hosts without IPv6.
int BindAnyInterface(std::uint16_t port) {
  sockaddr_in6 any6{};
  any6.sin6_family = AF_INET6;
  any6.sin6_port = htons(port);
  const int socket = OpenAndBind(AF_INET6, reinterpret_cast<const sockaddr*>(&any6), sizeof any6);
  if (socket >= 0 || errno == EADDRINUSE || errno == EACCES) {
    return socket;
  }
  sockaddr_in any4{};
  any4.sin_family = AF_INET;
  any4.sin_port = htons(port);
  return OpenAndBind(AF_INET, reinterpret_cast<const sockaddr*>(&any4), sizeof any4);
}

Result<int> BindHost(const HostPort& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int status =
      ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (status != 0) {
    return Unavailable(::gai_strerror(status));
  }
  const AddressList list(found);
  errno = EADDRNOTAVAIL;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    const int socket = OpenAndBind(entry->ai_family, entry->ai_addr, entry->ai_addrlen);
    if (socket >= 0) {
      return socket;
    }
  }
  return Unavailable(std::strerror(errno));
}

}  // namespace

Result<UdpSocket> UdpSocket::Bind(std::string_view name, const HostPort& address,
                                  int receive_buffer_bytes) {
  Result<int> bound = -1;
  if (!address.host.empty()) {
    bound = BindHost(address);
  } else if (*bound = BindAnyInterface(address.port); *bound < 0) {
    bound = Unavailable(std::strerror(errno));
  }
  if (!bound) {
    return Unavailable(std::string(name) + ": cannot listen on UDP " + address.ToString() + ": " +
                       (errno == EADDRINUSE ? "address already in use" : bound.error().message) +
                       " (choose another with --" + std::string(name) + "-host-port)");
  }
  FileDescriptor socket(*bound);
  AskForBuffer(socket.get(), receive_buffer_bytes);
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake.get() < 0) {
    return Internal(std::string("eventfd: ") + std::strerror(errno));
  }
  return UdpSocket(socket.release(), wake.release());
}

UdpSocket::UdpSocket(int socket, int wake)
    : socket_(socket),
      wake_(wake),
      port_(BoundPort(socket)),
      receive_buffer_bytes_(GrantedBytes(socket)) {}

UdpSocket::UdpSocket(UdpSocket&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      wake_(std::exchange(other.wake_, -1)),
      port_(other.port_),
      receive_buffer_bytes_(other.receive_buffer_bytes_) {}

UdpSocket::~UdpSocket() {
  if (socket_ >= 0) {
    ::close(socket_);
    ::close(wake_);
  }
}

UdpSocket::Event UdpSocket::Receive(char* buffer, std::size_t capacity, std::size_t& size) {
  for (;;) {
    const ssize_t received = ::recv(socket_, buffer, capacity, MSG_TRUNC);
    if (received >= 0) {
      size = static_cast<std::size_t>(received);
      return Event::kDatagram;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return Event::kNothing;
    }
    if (errno != EINTR) {
      return Event::kError;
    }
  }
}

void UdpSocket::Wait() {
  std::array<pollfd, 2> watched = {pollfd{socket_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  ::poll(watched.data(), watched.size(), -1);
}

void UdpSocket::Wake() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full: then it wakes all the same.
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

std::uint32_t UdpSocket::kernel_drops() const {
  // The counter that SO_RXQ_OVFL puts beside datagrams, here without asking for it with each.
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t length = sizeof info;
  if (::getsockopt(socket_, SOL_SOCKET, SO_MEMINFO, info.data(), &length) != 0) {
    return 0;
  }
  return length > SK_MEMINFO_DROPS * sizeof info[0] ? info[SK_MEMINFO_DROPS] : 0;
}

}  // namespace pugmark
