// A bound, non-blocking UDP socket that only receives.
//
// Thread safety: Receive by one thread at a time, everything else by any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/net/host_port.h"

namespace pugmark {

class UdpSocket {
 public:
  // Binds and asks for a receive buffer of that size. kUnavailable when the address is taken or
  // not of this host, naming it and the option `name` ("processor.jaeger-compact.server").
  static Result<UdpSocket> Bind(std::string_view name, const HostPort& address,
                                int receive_buffer_bytes);
  UdpSocket(UdpSocket&& other) noexcept;
  UdpSocket& operator=(UdpSocket&&) = delete;
  ~UdpSocket();

  enum class Event { kDatagram, kNothing, kError };
  // The next datagram, or nothing when none waits. `size` gets its whole length, also where it is
  // longer than `capacity` and was cut.
  Event Receive(char* buffer, std::size_t capacity, std::size_t& size);
  // Waits until there is something to receive, or Wake was called.
  void Wait();
  // Ends the Wait of another thread, and every later one.
  void Wake();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // What the kernel granted, in bytes of datagrams.
  [[nodiscard]] int receive_buffer_bytes() const { return receive_buffer_bytes_; }
  // Datagrams that the kernel dropped so far, for want of buffer above all.
  [[nodiscard]] std::uint32_t kernel_drops() const;

 private:
  UdpSocket(int socket, int wake);

  int socket_;
  int wake_;
  std::uint16_t port_ = 0;
  int receive_buffer_bytes_ = 0;
};

}  // namespace pugmark
