// Sends a range of MalformedInputs to a UDP port, at most `rate` a second, and prints how many went
// out.
//
//   malformed_sender compact|binary TESTDATA PORT FIRST COUNT RATE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>

#include "tests/support/malformed_inputs.h"

namespace pugmark::testing {
namespace {

constexpr std::uint64_t kPerPause = 200;

int Send(const MalformedInputs& inputs, std::uint16_t port, std::uint64_t first,
         std::uint64_t count, std::uint64_t rate) {
  const int socket_fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t sent = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::string message = inputs.At(first + n);
    sent += ::sendto(socket_fd, message.data(), message.size(), 0,
                     reinterpret_cast<const sockaddr*>(&address), sizeof address) >= 0
                ? 1U
                : 0U;
    if (n % kPerPause == 0) {
      std::this_thread::sleep_until(start + std::chrono::microseconds(n * 1'000'000 / rate));
    }
  }
  ::close(socket_fd);
  std::printf("%llu\n", static_cast<unsigned long long>(sent));
  return 0;
}

}  // namespace
}  // namespace pugmark::testing

int main(int argc, char** argv) {
  using pugmark::ThriftProtocol;
  if (argc != 7) {
    std::fprintf(stderr, "usage: %s compact|binary TESTDATA PORT FIRST COUNT RATE\n", argv[0]);
    return 2;
  }
  try {
    const bool compact = std::string(argv[1]) == "compact";
    const auto inputs = pugmark::testing::MalformedInputs::FromTestdata(
        compact ? ThriftProtocol::kCompact : ThriftProtocol::kBinary, argv[2]);
    return pugmark::testing::Send(
        inputs, static_cast<std::uint16_t>(std::atoi(argv[3])), std::strtoull(argv[4], nullptr, 10),
        std::strtoull(argv[5], nullptr, 10), std::strtoull(argv[6], nullptr, 10));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return 1;
  }
}
